/* secret.c - tokens and keys: loaded, never shown, wiped. */
#include "agent/base/secret.h"

#include "agent/base/mem.h"
#include "agent/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 65536, MODE_OF_OTHERS = 077 };

struct secret_ref_text secret_ref_text(const struct secret_ref *ref)
{
    static const char *const kinds[] = {
        [SECRET_NONE] = "nothing",          [SECRET_ENV] = "variable",    [SECRET_FILE] = "file",
        [SECRET_CREDENTIAL] = "credential", [SECRET_COMMAND] = "command",
    };
    _Static_assert(sizeof kinds / sizeof kinds[0] == SECRET_COMMAND + 1, "all kinds");
    struct secret_ref_text text;

    snprintf(text.s, sizeof text.s, "%s%s%s", kinds[ref->from], ref->place[0] == '\0' ? "" : " ",
             ref->place);
    return text;
}

static size_t without_newline(const char *text, size_t length)
{
    if (length > 0 && text[length - 1] == '\n')
        length--;
    else
        return length;
    return length > 0 && text[length - 1] == '\r' ? length - 1 : length;
}

void secret_take(struct secret *out, char *text, size_t length)
{
    size_t kept = without_newline(text, length);

    out->bytes = mem_new(kept + 1, 1);
    out->length = kept;
    if (kept > 0)
        memcpy(out->bytes, text, kept);
    if (length > 0)
        explicit_bzero(text, length);
}

void secret_free(struct secret *secret)
{
    if (secret == NULL)
        return;
    if (secret->bytes != NULL)
        explicit_bzero(secret->bytes, secret->length);
    free(secret->bytes);
    *secret = (struct secret){0};
}

/* Take what was read, if it can be a secret. The text is wiped in any case. */
static bool accept(char *text, size_t length, struct secret *out, struct error *e)
{
    size_t kept = without_newline(text, length);
    const char *fault = NULL;

    if (kept == 0)
        fault = "it is empty";
    else if (memchr(text, '\0', kept) != NULL)
        fault = "it has a NUL byte: not a token in plain text";
    if (fault == NULL) {
        secret_take(out, text, length);
        return true;
    }
    explicit_bzero(text, length);
    return fail(e, ERR_SECRET_MISSING, "%s", fault);
}

static bool load_variable(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    const char *value = getenv(ref->place);

    if (value == NULL)
        return fail(e, ERR_SECRET_MISSING, "it is not set");
    char *copy = mem_text(value); /* the environment stays for who reads it next */
    bool ok = accept(copy, strlen(copy), out, e);
    free(copy);
    return ok;
}

static bool check_mode(const struct stat *st, const char *path, struct error *e)
{
    char quoted[sizeof e->next - 10];

    if ((st->st_mode & MODE_OF_OTHERS) == 0)
        return true;
    fail(e, ERR_SECRET_MODE, "others than its owner may use it (mode %04o)",
         (unsigned)st->st_mode & 07777);
    if (st->st_uid != geteuid())
        error_who(e, "root");
    str_shell_quote(quoted, sizeof quoted, path);
    return quoted[0] == '\0' ? false : error_next(e, "chmod 600 %s", quoted);
}

/* Read at most size bytes; false with errno. */
static bool read_up_to(int fd, char *data, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = read(fd, data + *length, size - *length);

        if (got < 0 && errno != EINTR)
            return false;
        if (got == 0)
            return true;
        *length += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool load_open_file(int fd, struct secret *out, struct error *e)
{
    char *data = mem_new(SECRET_MAX + 1, 1);
    size_t length = 0;
    bool ok = false;

    if (!read_up_to(fd, data, SECRET_MAX + 1, &length))
        fail(e, ERR_SECRET_MISSING, "%s", strerror(errno));
    else if (length > SECRET_MAX)
        fail(e, ERR_SECRET_MISSING, "it is larger than 64 KiB");
    else
        ok = accept(data, length, out, e);
    explicit_bzero(data, SECRET_MAX + 1);
    free(data);
    return ok;
}

static bool load_path(const char *path, bool is_private, struct secret *out, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    bool ok = false;

    if (fd < 0) {
        enum err code = errno == EACCES ? ERR_ROOT_NEEDED : ERR_SECRET_MISSING;
        return fail(e, code, "%s", strerror(errno));
    }
    if (fstat(fd, &st) != 0)
        fail(e, ERR_SECRET_MISSING, "%s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        fail(e, ERR_SECRET_MISSING, "it is not a regular file");
    else if (!is_private || check_mode(&st, path, e))
        ok = load_open_file(fd, out, e);
    close(fd);
    return ok;
}

static bool load_file(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    return load_path(ref->place, true, out, e);
}

/* The service manager guards the folder (systemd.exec(5), "Credentials"): modes are its affair. */
static bool load_credential(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];

    if (strchr(ref->place, '/') != NULL || ref->place[0] == '.' || ref->place[0] == '\0')
        return fail(e, ERR_CONFIG_KEY, "the name of a credential has no slash and no dot in front");
    if (folder == NULL || folder[0] == '\0')
        return fail(
            e, ERR_SECRET_MISSING,
            "$CREDENTIALS_DIRECTORY is not set: this is not a service with LoadCredential=");
    int length = snprintf(path, sizeof path, "%s/%s", folder, ref->place);
    if (length < 0 || (size_t)length >= sizeof path)
        return fail(e, ERR_SECRET_MISSING, "%s", strerror(ENAMETOOLONG));
    return load_path(path, false, out, e);
}

static bool load_elsewhere(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    (void)ref;
    (void)out;
    return fail(e, ERR_INTERNAL, "a secret of this kind is not loaded here");
}

bool secret_load(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    static bool (*const loaders[])(const struct secret_ref *, struct secret *, struct error *) = {
        [SECRET_NONE] = load_elsewhere,    [SECRET_ENV] = load_variable,
        [SECRET_FILE] = load_file,         [SECRET_CREDENTIAL] = load_credential,
        [SECRET_COMMAND] = load_elsewhere,
    };
    _Static_assert(sizeof loaders / sizeof loaders[0] == SECRET_COMMAND + 1, "all kinds");

    if (loaders[ref->from](ref, out, e))
        return true;
    return error_what(e, "cannot load the secret from %s", secret_ref_text(ref).s);
}
