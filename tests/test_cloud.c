/* test_cloud.c - clouds by their firmware, and addresses in the answers of metadata services. */
#include "agent/cloud.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/folder.h"
#include "tests/support/unit.h"

static const struct {
    const char *label;
    struct dmi dmi;
    const char *want;
} machines[] = {
    {"Hetzner says so", {.sys_vendor = "Hetzner", .product_name = "vServer"}, "Hetzner Cloud"},
    {"Akamai is Linode", {.sys_vendor = "Akamai", .product_name = "Compute Instance"}, "Linode"},
    {"Google by its product", {.product_name = "Google Compute Engine"}, "Google Cloud"},
    {"Google by its serial", {.product_serial = "GoogleCloud-1A2B3C"}, "Google Cloud"},
    {"Azure by its asset tag, not by Microsoft, which Hyper-V at home says as well",
     {.sys_vendor = "Microsoft Corporation",
      .chassis_asset_tag = "7783-7084-3265-9085-8269-3286-77"},
     "Azure"},
    {"Hyper-V at home", {.sys_vendor = "Microsoft Corporation"}, NULL},
    {"Oracle, which looks like KVM",
     {.sys_vendor = "QEMU", .chassis_asset_tag = "OracleCloud.com"},
     "Oracle Cloud"},
    {"AWS", {.sys_vendor = "Amazon EC2", .product_name = "m5.large"}, "AWS"},
    {"AWS on Xen", {.sys_vendor = "Xen", .product_uuid = "ec2e1916-9099"}, "AWS"},
    {"OpenStack",
     {.sys_vendor = "OpenStack Foundation", .product_name = "OpenStack Nova"},
     "OpenStack"},
    {"Exoscale by the beginning", {.product_name = "Exoscale Compute Platform"}, "Exoscale"},
    {"a machine in the cellar", {.sys_vendor = "Dell Inc.", .product_name = "PowerEdge"}, NULL},
    {"a firmware that says nothing", {.sys_vendor = ""}, NULL},
};

START_TEST(firmware_names_the_cloud)
{
    const struct cloud *cloud = cloud_of(&machines[_i].dmi);
    const char *name = cloud != NULL ? cloud_name(cloud) : "nobody";

    ck_assert_msg(strcmp(name, machines[_i].want ? machines[_i].want : "nobody") == 0, "%s: %s",
                  machines[_i].label, name);
}
END_TEST

#define GOOGLE "[].accessConfigs[].externalIp"
#define AZURE "network.interface[].ipv4.ipAddress[].publicIpAddress"

static const struct {
    const char *label, *path, *body, *want;
} answers[] = {
    {"plain text", NULL, "203.0.113.25", "203.0.113.25"},
    {"plain text with a line end", NULL, "203.0.113.25\n", "203.0.113.25"},
    {"a private address is no public one", NULL, "10.0.0.5", NULL},
    {"a captive portal", NULL, "<html><body>Please log in</body></html>", NULL},
    {"nothing", NULL, "", NULL},
    {"Google", GOOGLE,
     "[{\"ip\": \"10.128.0.2\", \"accessConfigs\": [{\"type\": \"ONE_TO_ONE_NAT\", "
     "\"externalIp\": \"203.0.113.25\"}]}]",
     "203.0.113.25"},
    {"Google, the second interface has it", GOOGLE,
     "[{\"accessConfigs\": [{\"externalIp\": \"\"}]}, {\"accessConfigs\": [{\"externalIp\": "
     "\"203.0.113.26\"}]}]",
     "203.0.113.26"},
    {"Google without an external address", GOOGLE, "[{\"ip\": \"10.128.0.2\"}]", NULL},
    {"Azure", AZURE,
     "{\"network\": {\"interface\": [{\"ipv4\": {\"ipAddress\": [{\"privateIpAddress\": "
     "\"10.0.0.4\", \"publicIpAddress\": \"203.0.113.25\"}]}}]}}",
     "203.0.113.25"},
    {"Azure, Standard SKU tells nothing", AZURE,
     "{\"network\": {\"interface\": [{\"ipv4\": {\"ipAddress\": [{\"publicIpAddress\": "
     "\"\"}]}}]}}",
     NULL},
    {"a number where a text should be", AZURE,
     "{\"network\": {\"interface\": [{\"ipv4\": {\"ipAddress\": [{\"publicIpAddress\": "
     "25}]}}]}}",
     NULL},
    {"an object where a list should be", GOOGLE, "{\"accessConfigs\": {}}", NULL},
    {"half a document", GOOGLE, "[{\"accessConfigs\": [{\"externalIp\": \"203.0.", NULL},
};

START_TEST(an_answer_names_the_address)
{
    struct ip ip = {.family = IP_NONE};
    bool found =
        cloud_find_address(answers[_i].body, strlen(answers[_i].body), answers[_i].path, &ip);

    ck_assert_msg(found == (answers[_i].want != NULL), "%s", answers[_i].label);
    if (found)
        ck_assert_str_eq(ip_text(&ip).s, answers[_i].want);
}
END_TEST

START_TEST(a_cloud_that_does_not_tell_is_not_asked)
{
    struct dmi oracle = {.chassis_asset_tag = "OracleCloud.com"};
    struct error e = {0};
    struct ip ip;

    ck_assert(!cloud_public_address(cloud_of(&oracle), &ip, &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
}
END_TEST

START_TEST(strings_are_read_from_files)
{
    struct folder folder = folder_new();
    struct dmi dmi;

    folder_write(in(&folder, "sys_vendor").s, "Hetzner\n", 8, 0600);
    folder_write(in(&folder, "product_name").s, "evil\033[31m\n", 10, 0600);
    dmi_read(folder.path, &dmi);
    ck_assert_str_eq(dmi.sys_vendor, "Hetzner");
    ck_assert_ptr_null(strchr(dmi.product_name, '\033'));
    ck_assert_str_eq(dmi.product_serial, "");
    folder_free(&folder);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"firmware", firmware_names_the_cloud, ROWS(machines), 0},
        {"answers", an_answer_names_the_address, ROWS(answers), 0},
        {"silent cloud", a_cloud_that_does_not_tell_is_not_asked, 1, 0},
        {"files", strings_are_read_from_files, 1, 0},
    };

    return unit_run("cloud", tests, ROWS(tests));
}
