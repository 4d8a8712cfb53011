/* cloud.c - recognising the cloud by its firmware, and its metadata service. */
#include "agent/cloud.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/net/http.h"

#define DMI_MAX 4096
#define BODY_MAX (256U << 10)
#define METADATA "http://169.254.169.254"

/* One question; the token of an earlier PUT goes along in `token_header`. */
struct question {
    const char *path, *header, *value; /* a header that the service wants; NULL: none */
    const char *json;                  /* where the address is; NULL: the body is the address */
};

struct cloud {
    const char *name;
    const char *token_path, *token_ask, *token_header; /* a session token is fetched first */
    struct question questions[2];                      /* the second when the first knows none */
};

/* Providers sheet, section 3.2. Clouds that hide no address behind NAT are only named. */
static const struct cloud aws = {"AWS",
                                 "/latest/api/token",
                                 "X-aws-ec2-metadata-token-ttl-seconds",
                                 "X-aws-ec2-metadata-token",
                                 {{"/latest/meta-data/public-ipv4", NULL, NULL, NULL}}};
static const struct cloud google = {
    .name = "Google Cloud",
    .questions = {{"/computeMetadata/v1/instance/network-interfaces/?recursive=true",
                   "Metadata-Flavor", "Google", "[].accessConfigs[].externalIp"}}};
static const struct cloud azure = {
    .name = "Azure",
    .questions = {{"/metadata/instance?api-version=2021-02-01", "Metadata", "true",
                   "network.interface[].ipv4.ipAddress[].publicIpAddress"},
                  {"/metadata/loadbalancer?api-version=2020-10-01", "Metadata", "true",
                   "loadbalancer.publicIpAddresses[].frontendIpAddress"}}};
static const struct cloud openstack = {
    .name = "OpenStack", .questions = {{"/latest/meta-data/public-ipv4", NULL, NULL, NULL}}};
static const struct cloud exoscale = {
    .name = "Exoscale", .questions = {{"/1.0/meta-data/public-ipv4", NULL, NULL, NULL}}};
static const struct cloud oracle = {.name = "Oracle Cloud"};
static const struct cloud hetzner = {.name = "Hetzner Cloud"};
static const struct cloud digitalocean = {.name = "DigitalOcean"};
static const struct cloud linode = {.name = "Linode"};
static const struct cloud vultr = {.name = "Vultr"};
static const struct cloud upcloud = {.name = "UpCloud"};
static const struct cloud scaleway = {.name = "Scaleway"};
static const struct cloud alibaba = {.name = "Alibaba Cloud"};

#define AT(member) offsetof(struct dmi, member)

/* Providers sheet, section 3.1; OpenStack last, since others look like it. */
static const struct mark {
    size_t at;
    bool prefix;
    const char *text;
    const struct cloud *cloud;
} marks[] = {
    {AT(sys_vendor), false, "Hetzner", &hetzner},
    {AT(sys_vendor), false, "DigitalOcean", &digitalocean},
    {AT(sys_vendor), false, "Linode", &linode},
    {AT(sys_vendor), false, "Akamai", &linode},
    {AT(sys_vendor), false, "Vultr", &vultr},
    {AT(sys_vendor), false, "UpCloud", &upcloud},
    {AT(sys_vendor), false, "Scaleway", &scaleway},
    {AT(product_name), true, "Exoscale", &exoscale},
    {AT(product_name), false, "Google Compute Engine", &google},
    {AT(product_name), false, "Google", &google},
    {AT(product_serial), true, "GoogleCloud-", &google},
    {AT(chassis_asset_tag), false, "7783-7084-3265-9085-8269-3286-77", &azure},
    {AT(chassis_asset_tag), false, "OracleCloud.com", &oracle},
    {AT(sys_vendor), false, "Amazon EC2", &aws},
    {AT(product_uuid), true, "ec2", &aws},
    {AT(product_serial), true, "ec2", &aws},
    {AT(product_name), false, "Alibaba Cloud ECS", &alibaba},
    {AT(product_name), false, "OpenStack Nova", &openstack},
    {AT(product_name), false, "OpenStack Compute", &openstack},
    {AT(chassis_asset_tag), false, "OpenTelekomCloud", &openstack},
    {AT(chassis_asset_tag), false, "HUAWEICLOUD", &openstack},
    {AT(chassis_asset_tag), false, "SAP CCloud VM", &openstack},
    {AT(chassis_asset_tag), false, "Samsung Cloud Platform", &openstack},
};

static void read_one(const char *folder, const char *name, char *out, size_t size)
{
    struct buf text = BUF_INIT(DMI_MAX);
    struct cursor c, line;
    struct error ignored;
    char path[512];

    out[0] = '\0';
    str_format(path, sizeof path, "%s/%s", folder, name);
    if (file_read(path, &text, &ignored)) {
        c = cursor_of(buf_string(&text), text.length);
        if (cursor_line(&c, &line))
            str_printable(out, size, line.at, (size_t)(line.end - line.at));
    }
    buf_free(&text);
}

void dmi_read(const char *folder, struct dmi *out)
{
    read_one(folder, "sys_vendor", out->sys_vendor, sizeof out->sys_vendor);
    read_one(folder, "product_name", out->product_name, sizeof out->product_name);
    read_one(folder, "product_serial", out->product_serial, sizeof out->product_serial);
    read_one(folder, "chassis_asset_tag", out->chassis_asset_tag, sizeof out->chassis_asset_tag);
    read_one(folder, "product_uuid", out->product_uuid, sizeof out->product_uuid);
}

const struct cloud *cloud_of(const struct dmi *dmi)
{
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *says = (const char *)dmi + marks[i].at;
        if (marks[i].prefix ? str_starts(says, marks[i].text) : str_equal(says, marks[i].text))
            return marks[i].cloud;
    }
    return NULL;
}

const char *cloud_name(const struct cloud *cloud)
{
    return cloud->name;
}

static bool take_address(const char *text, struct ip *out)
{
    struct ip ip;

    if (!ip_parse(text, &ip) || ip.family != IP_V4 || ip_scope(&ip) != IP_SCOPE_PUBLIC)
        return false;
    *out = ip;
    return true;
}

/* The next step of a path: its key, cut at "." or "[]", and what follows. */
static const char *path_step(const char *path, char *key, size_t size, bool *each)
{
    size_t length = strcspn(path, ".[");

    *each = false;
    str_format(key, size, "%.*s", (int)length, path);
    path += length;
    if (str_starts(path, "[]")) {
        *each = true;
        path += 2;
    }
    return *path == '.' ? path + 1 : path;
}

/* Recursive over the path, whose depth is ours. */
static bool find_in(const json_t *value, const char *path, struct ip *out)
{
    char key[64];
    bool each;
    const char *rest;
    const json_t *item;
    size_t i;

    if (path[0] == '\0')
        return json_is_string(value) && take_address(json_string_value(value), out);
    rest = path_step(path, key, sizeof key, &each);
    if (key[0] != '\0')
        value = json_object_get(value, key);
    if (!each)
        return value != NULL && find_in(value, rest, out);
    json_array_foreach(value, i, item) if (find_in(item, rest, out)) return true;
    return false;
}

bool cloud_find_address(const char *text, size_t length, const char *path, struct ip *out)
{
    struct cursor c = cursor_of(text, length), line, word;
    struct error ignored;
    char plain[64];
    json_t *document;
    bool found;

    if (length > BODY_MAX)
        return false;
    if (path == NULL)
        return cursor_line(&c, &line) && cursor_word(&line, &word) &&
               cursor_copy(&word, plain, sizeof plain) && take_address(plain, out);
    document = json_parse(text, length, &ignored);
    found = document != NULL && find_in(document, path, out);
    json_decref(document);
    return found;
}

/* One try, a second to connect: whoever asks waits for it. */
static const struct http_pace pace = {
    .tries = 1, .first_wait_ms = 1, .retry_after_ms = 1, .total_ms = 2000, .connect_ms = 1000};

static bool ask(const char *method, const char *path, const struct http_header *first,
                const struct http_header *second, struct http_answer *answer, struct error *e)
{
    struct http_request request = {.method = method};
    char url[256];
    size_t count = 0;

    str_format(url, sizeof url, METADATA "%s", path);
    request.url = url;
    if (first->name != NULL)
        request.headers[count++] = *first;
    if (second->name != NULL)
        request.headers[count++] = *second;
    return http_call_paced(&request, &pace, answer, e);
}

/* A session token, as AWS wants it since IMDSv2; "" where none is needed. */
static bool fetch_token(const struct cloud *cloud, char *token, size_t size, struct error *e)
{
    const struct http_header wish = {.name = cloud->token_ask, .text = "60"};
    const struct http_header none = {.name = NULL};
    struct http_answer answer = {.status = 0};
    bool ok;

    token[0] = '\0';
    if (cloud->token_path == NULL)
        return true;
    if (!ask("PUT", cloud->token_path, &wish, &none, &answer, e))
        return false;
    str_printable(token, size, buf_string(&answer.body), answer.body.length);
    ok = http_ok(&answer) && token[0] != '\0';
    http_answer_free(&answer);
    return ok || fail(e, ERR_PROTOCOL, "the metadata service of %s gives no token", cloud->name);
}

static bool ask_address(const struct cloud *cloud, const struct question *question,
                        const char *token, struct ip *out, struct error *e)
{
    const struct http_header session = {.name = cloud->token_header, .text = token};
    const struct http_header wanted = {.name = question->header, .text = question->value};
    struct http_answer answer = {.status = 0};
    bool found;

    if (!ask("GET", question->path, &session, &wanted, &answer, e))
        return false;
    found = http_ok(&answer) &&
            cloud_find_address(buf_string(&answer.body), answer.body.length, question->json, out);
    http_answer_free(&answer);
    return found ||
           fail(e, ERR_NO_INPUT, "the metadata service of %s names no public address", cloud->name);
}

bool cloud_public_address(const struct cloud *cloud, struct ip *out, struct error *e)
{
    char token[512];

    if (cloud->questions[0].path == NULL)
        return fail(e, ERR_NO_INPUT, "%s does not tell a machine its public address", cloud->name);
    if (!fetch_token(cloud, token, sizeof token, e))
        return false;
    for (size_t i = 0; i < 2 && cloud->questions[i].path != NULL; i++)
        if (ask_address(cloud, &cloud->questions[i], token, out, e))
            return true;
    return false;
}
