/*
 * The quick front of the PBS commands: client.ts once more, for common calls alone, without the start of a node.
 *
 * A command is a file that begins with "#!" and the path of this program, so that the kernel runs
 *
 *     local-pbs-client FILE ARGUMENTS...
 *
 * FILE goes on with what has to be known, a name and a value a line (commands.ts writes it).
 * What is not common is handed over to client.ts, always before anything was sent or printed: what the commands do is
 * stated there. What is done here must be the same to the byte; test/stand-ins/pbs/front.test.ts compares both.
 *
 * Without arguments it does nothing, successfully: that tells whether it runs on this machine.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

/* client.ts takes what is longer. */
#define LONGEST_SCRIPT ((size_t)16 << 20)
#define CANNOT_START 127
#define LOST (15031 % 256)

/* ---- What the command's file says ---- */

enum { NODE, CLIENT, SOCKET, COMMAND, OPTIONS, BIN, SERVER, SETTINGS };
static const char *const SETTING_NAMES[SETTINGS] = {"node", "client", "socket", "command", "options", "bin", "server"};
static char *setting[SETTINGS];

static char **arguments; /* what the user typed behind the command, with a NULL at the end */
static int sent;         /* from here on nothing can be handed over */

static void read_settings(const char *path) {
  char *line = NULL;
  size_t room = 0;
  FILE *file = fopen(path, "r");
  while (file != NULL && getline(&line, &room, file) >= 0) {
    line[strcspn(line, "\n")] = '\0';
    char *value = strchr(line, ' ');
    if (value == NULL) continue;
    *value++ = '\0';
    for (int at = 0; at < SETTINGS; at++)
      if (strcmp(line, SETTING_NAMES[at]) == 0) setting[at] = strdup(value);
  }
  if (file != NULL) fclose(file);
  free(line);
  for (int at = 0; at < SETTINGS; at++)
    if (setting[at] == NULL) {
      fprintf(stderr, "%s: not a command of the stand-in PBS\n", path);
      exit(CANNOT_START);
    }
}

/* ---- Handing over ---- */

/* Slows node down or breaks it: kept from node, and reaches jobs all the same (KEPT in client.ts). */
static void keep_from_node(const char *name, const char *kept) {
  const char *value = getenv(name);
  unsetenv(kept);
  if (value == NULL) return;
  setenv(kept, value, 1);
  unsetenv(name);
}

/* Does not return. */
static void hand_over(void) {
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  char **words = malloc((count + 5) * sizeof *words);
  if (words != NULL) {
    for (int at = NODE; at <= COMMAND; at++) words[at] = setting[at];
    memcpy(words + COMMAND + 1, arguments, (count + 1) * sizeof *words);
    keep_from_node("NODE_EXTRA_CA_CERTS", "STAGE_KEPT_NODE_EXTRA_CA_CERTS");
    keep_from_node("NODE_OPTIONS", "STAGE_KEPT_NODE_OPTIONS");
    unsetenv("STAGE_KEPT__"); /* unlike a shell, this program leaves `_` as it is */
    setenv("STAGE_PBS_BIN", setting[BIN], 1);
    setenv("STAGE_PBS_SERVER", setting[SERVER], 1);
    execv(setting[NODE], words);
  }
  fprintf(stderr, "%s: cannot start %s: %s\n", setting[COMMAND], setting[NODE], strerror(errno));
  exit(CANNOT_START);
}

/* The server went away while it had the request: what became of that is not known. Does not return. */
static void lost(void) {
  fprintf(stderr, "%s: Batch protocol error\n", setting[COMMAND]);
  exit(LOST);
}

/* ---- Texts that grow ---- */

struct text {
  char *bytes;
  size_t length;
  size_t room;
};

/* Make room for so many more bytes. */
static void reserve(struct text *text, size_t more) {
  if (text->room - text->length >= more) return;
  size_t room = text->room < 4096 ? 4096 : text->room;
  while (room - text->length < more && room <= SIZE_MAX / 4) room *= 2;
  char *bytes = room - text->length < more ? NULL : realloc(text->bytes, room);
  if (bytes == NULL) {
    if (sent) lost();
    hand_over();
  }
  text->bytes = bytes;
  text->room = room;
}

static void add(struct text *to, const char *bytes, size_t length) {
  reserve(to, length);
  memcpy(to->bytes + to->length, bytes, length);
  to->length += length;
}

static void add_words(struct text *to, const char *words) { add(to, words, strlen(words)); }

/* The bytes of the first character, 0 when it is not UTF-8. */
static size_t character(const unsigned char *at, size_t left) {
  const unsigned char lead = at[0];
  if (lead < 0x80) return 1;
  const size_t size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || size > left) return 0;
  for (size_t i = 1; i < size; i++)
    if ((at[i] & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && at[1] < 0xA0) return 0; /* longer than need be */
  if (lead == 0xED && at[1] > 0x9F) return 0; /* half of a surrogate pair */
  if (lead == 0xF0 && at[1] < 0x90) return 0;
  if (lead == 0xF4 && at[1] > 0x8F) return 0; /* beyond U+10FFFF */
  return size;
}

/* A JSON string. What is not UTF-8 is handed over: how that is read is client.ts's affair. */
static void add_string(struct text *to, const char *bytes, size_t length) {
  add(to, "\"", 1);
  for (size_t at = 0; at < length;) {
    const size_t size = character((const unsigned char *)bytes + at, length - at);
    if (size == 0) hand_over();
    const unsigned char byte = (unsigned char)bytes[at];
    if (byte < 0x20) {
      char escaped[8];
      add(to, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)byte));
    } else {
      if (byte == '"' || byte == '\\') add(to, "\\", 1);
      add(to, bytes + at, size);
    }
    at += size;
  }
  add(to, "\"", 1);
}

/* One more member of an object, behind others. */
static void add_member(struct text *to, const char *name, const char *value) {
  add_words(to, ",\"");
  add_words(to, name);
  add_words(to, "\":");
  add_string(to, value, strlen(value));
}

/* ---- The environment, as userEnvironment() of client.ts has it ---- */

static int begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static size_t name_length(const char *entry) { return strcspn(entry, "="); }

/* No name, a name that is there twice, and names that client.ts reads as something else. */
static int is_odd(char **entry) {
  const size_t length = name_length(*entry);
  if (length == 0 || (*entry)[length] == '\0' || begins(*entry, "STAGE_KEPT_")) return 1;
  for (char **other = environ; other < entry; other++)
    if (**other == **entry && strncmp(*other, *entry, length + 1) == 0) return 1;
  return 0;
}

static int is_own(const char *entry) {
  return begins(entry, "STAGE_PBS_BIN=") || begins(entry, "STAGE_PBS_SERVER=") || begins(entry, "STAGE_LOCAL_USER=");
}

/* A shell hands over its functions behind the variables, and `_` last. */
static int place(const char *entry) { return begins(entry, "_=") ? 2 : begins(entry, "BASH_FUNC_") ? 1 : 0; }

static void add_environment(struct text *to) {
  const char *comma = "";
  add_words(to, ",\"env\":{");
  for (int now = 0; now <= 2; now++)
    for (char **entry = environ; *entry != NULL; entry++) {
      if (now == 0 && is_odd(entry)) hand_over();
      if (place(*entry) != now || is_own(*entry)) continue;
      const size_t length = name_length(*entry);
      const char *value = *entry + length + 1;
      add_words(to, comma);
      add_string(to, *entry, length);
      add_words(to, ":");
      add_string(to, value, strlen(value));
      comma = ",";
    }
  add_words(to, "}");
}

/* ---- Where we are, and who ---- */

static void add_place(struct text *to) {
  char here[PATH_MAX];
  if (getcwd(here, sizeof here) == NULL) hand_over();
  add_member(to, "cwd", here);
  /* $PWD counts when it names the directory we are in: symbolic links on the way are kept. */
  const char *pwd = getenv("PWD");
  struct stat there, dot;
  if (pwd != NULL && pwd[0] == '/' && stat(pwd, &there) == 0 && stat(".", &dot) == 0 && there.st_ino == dot.st_ino &&
      there.st_dev == dot.st_dev)
    add_member(to, "pwd", pwd);
}

static void add_user(struct text *to) {
  const char *name = getenv("STAGE_LOCAL_USER");
  if (name == NULL) {
    const struct passwd *entry = getpwuid(geteuid());
    if (entry == NULL) hand_over();
    name = entry->pw_name;
  }
  add_member(to, "user", name);
}

/* ---- What qsub is to submit ---- */

/*
 * The only operand of a qsub, found as GNU getopt finds it (readArguments in options.ts).
 * Everything else is handed over: scripts on standard input, `--`, -I, complaints.
 */
static const char *only_operand(void) {
  const char *operand = NULL;
  for (char **word = arguments; *word != NULL; word++) {
    if ((*word)[0] != '-') {
      if (operand != NULL) hand_over();
      operand = *word;
      continue;
    }
    if (strcmp(*word, "-") == 0 || strcmp(*word, "--") == 0) hand_over();
    for (const char *letter = *word + 1; *letter != '\0'; letter++) {
      const char *known = *letter == ':' ? NULL : strchr(setting[OPTIONS], *letter);
      if (known == NULL || *letter == 'I') hand_over();
      if (known[1] != ':') continue;
      if (letter[1] == '\0' && *++word == NULL) hand_over();
      break;
    }
  }
  if (operand == NULL) hand_over();
  return operand;
}

static int contains(const struct text *text, const char *what) {
  const size_t length = strlen(what);
  for (size_t at = 0; at + length <= text->length; at++)
    if (text->bytes[at] == what[0] && memcmp(text->bytes + at, what, length) == 0) return 1;
  return 0;
}

static void add_script(struct text *to) {
  /* A qsub that waits for its job (-W block=true) answers signals, which only client.ts can. */
  for (char **word = arguments; *word != NULL; word++)
    if (strstr(*word, "block") != NULL) hand_over();
  const char *name = only_operand();
  struct stat status;
  if (stat(name, &status) != 0 || !S_ISREG(status.st_mode)) hand_over();
  const int fd = open(name, O_RDONLY);
  if (fd < 0) hand_over();
  struct text script = {NULL, 0, 0};
  for (;;) {
    reserve(&script, 65536);
    const ssize_t count = read(fd, script.bytes + script.length, 65536);
    if (count == 0) break;
    if (count > 0) script.length += (size_t)count;
    if (count < 0 || script.length > LONGEST_SCRIPT) {
      close(fd);
      hand_over();
    }
  }
  close(fd);
  if (contains(&script, "\r\n") || contains(&script, "block")) hand_over();
  add_words(to, ",\"script\":{\"name\":");
  add_string(to, name, strlen(name));
  add_words(to, ",\"text\":");
  add_string(to, script.bytes, script.length);
  add_words(to, "}");
  free(script.bytes);
}

/* ---- The question ---- */

static struct text request_line(void) {
  struct text line = {NULL, 0, 0};
  add_words(&line, "{\"kind\":\"pbs\"");
  add_member(&line, "command", setting[COMMAND]);
  add_words(&line, ",\"argv\":[");
  for (char **word = arguments; *word != NULL; word++) {
    if (word != arguments) add_words(&line, ",");
    add_string(&line, *word, strlen(*word));
  }
  add_words(&line, "]");
  add_place(&line);
  add_environment(&line);
  if (getenv("TZ") != NULL) add_member(&line, "tz", getenv("TZ"));
  add_user(&line);
  add_member(&line, "bin", setting[BIN]);
  if (isatty(0) && isatty(1)) add_words(&line, ",\"terminal\":true");
  if (strcmp(setting[COMMAND], "qsub") == 0) add_script(&line);
  add_words(&line, "}\n");
  return line;
}

/* `--version`, which asks nobody, and a qmgr that reads what to do. */
static int is_unusual(void) {
  if (arguments[0] != NULL && strcmp(arguments[0], "--version") == 0) return 1;
  if (strcmp(setting[COMMAND], "qmgr") != 0) return 0;
  for (char **word = arguments; *word != NULL; word++)
    if (begins(*word, "-c")) return 0;
  return 1;
}

static int connected(void) {
  struct sockaddr_un address = {0};
  if (strlen(setting[SOCKET]) >= sizeof address.sun_path) hand_over();
  address.sun_family = AF_UNIX;
  strcpy(address.sun_path, setting[SOCKET]);
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) hand_over();
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    close(fd);
    hand_over(); /* what a command says then depends on the command */
  }
  return fd;
}

/* ---- The answer ---- */

/* What cannot be written is not reported (measured: `qstat -f > /dev/full` exits 0). */
static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    const ssize_t count = write(fd, bytes, length);
    if (count < 0 && errno == EAGAIN) { /* a terminal set to not block */
      struct pollfd writable = {fd, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (count < 0 && errno != EINTR)
      return -1;
    else if (count > 0) {
      bytes += count;
      length -= (size_t)count;
    }
  }
  return 0;
}

static char *skip_blanks(char *at) { return at + strspn(at, " \t\r"); }

/* Four hexadecimal digits, or -1. */
static long four_digits(const char *at) {
  if (strspn(at, "0123456789abcdefABCDEF") < 4) return -1;
  const char digits[5] = {at[0], at[1], at[2], at[3], '\0'};
  return strtol(digits, NULL, 16);
}

static char *put_character(char *to, long code) {
  if (code < 0x80) *to++ = (char)code;
  else if (code < 0x800) {
    *to++ = (char)(0xC0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3F));
  } else {
    if (code < 0x10000) *to++ = (char)(0xE0 | code >> 12);
    else {
      *to++ = (char)(0xF0 | code >> 18);
      *to++ = (char)(0x80 | (code >> 12 & 0x3F));
    }
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  }
  return to;
}

struct string {
  const char *bytes; /* may hold NUL; NULL when there is no string */
  size_t length;
};

/* Read the string at its opening quote, in place: it never grows. @returns what is behind it, or NULL */
static char *read_string(char *at, struct string *found) {
  char *to = ++at;
  found->bytes = to;
  while (*at != '"') {
    if (*at == '\0') return NULL;
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    static const char LETTERS[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
    const char *letter = at[1] == '\0' ? NULL : strchr(LETTERS, at[1]);
    if (letter != NULL) {
      *to++ = MEANT[letter - LETTERS];
      at += 2;
      continue;
    }
    long code = at[1] == 'u' ? four_digits(at + 2) : -1;
    if (code < 0) return NULL;
    at += 6;
    if (code >= 0xD800 && code < 0xE000) {
      const long low = code < 0xDC00 && at[0] == '\\' && at[1] == 'u' ? four_digits(at + 2) : -1;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      } else code = 0xFFFD; /* half a pair, as node writes it */
    }
    to = put_character(to, code);
  }
  found->length = (size_t)(to - found->bytes);
  return at + 1;
}

/* Behind a value that we do not need, or NULL. */
static char *skip_value(char *at) {
  int depth = 0;
  do {
    struct string ignored;
    if (*at == '\0') return NULL;
    if (*at == '{' || *at == '[') depth++, at++;
    else if (*at == '}' || *at == ']') depth--, at++;
    else if (*at == '"') at = read_string(at, &ignored);
    else at += depth > 0 ? 1 : strcspn(at, ",}");
  } while (at != NULL && depth > 0);
  return at;
}

struct part {
  struct string out, err;
  int ends;
  long exit_code;
};

static int is(const struct string *text, const char *words) {
  return text->length == strlen(words) && memcmp(text->bytes, words, text->length) == 0;
}

/* The fields of an answer's line that we know. @returns whether the line is an object */
static int read_part(char *at, struct part *part) {
  at = skip_blanks(at);
  if (*at != '{') return 0;
  at = skip_blanks(at + 1);
  if (*at == '}') return 1;
  for (;;) {
    struct string name;
    if (*at != '"' || (at = read_string(at, &name)) == NULL) return 0;
    at = skip_blanks(at);
    if (*at != ':') return 0;
    at = skip_blanks(at + 1);
    if (is(&name, "stdout") && *at == '"') at = read_string(at, &part->out);
    else if (is(&name, "stderr") && *at == '"') at = read_string(at, &part->err);
    else {
      if (is(&name, "exitCode") && (*at == '-' || (*at >= '0' && *at <= '9'))) {
        part->ends = 1;
        part->exit_code = strtol(at, NULL, 10);
      }
      at = skip_value(at);
    }
    if (at == NULL) return 0;
    at = skip_blanks(at);
    if (*at == '}') return 1;
    if (*at != ',') return 0;
    at = skip_blanks(at + 1);
  }
}

/* Print each part as it comes. @returns the exit code of the last one */
static int read_answer(int fd) {
  struct text rest = {NULL, 0, 0};
  for (;;) {
    reserve(&rest, 65536);
    char *const fresh = rest.bytes + rest.length;
    const ssize_t count = read(fd, fresh, 65536);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) lost();
    rest.length += (size_t)count;
    char *line = rest.bytes;
    char *end = memchr(fresh, '\n', (size_t)count);
    while (end != NULL) {
      struct part part = {{NULL, 0}, {NULL, 0}, 0, 0};
      *end = '\0';
      if (!read_part(line, &part)) lost();
      write_all(STDOUT_FILENO, part.out.bytes, part.out.length);
      write_all(STDERR_FILENO, part.err.bytes, part.err.length);
      if (part.ends) return (int)(part.exit_code & 0xFF);
      line = end + 1;
      end = memchr(line, '\n', (size_t)(rest.bytes + rest.length - line));
    }
    rest.length -= (size_t)(line - rest.bytes);
    memmove(rest.bytes, line, rest.length);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 0;
  read_settings(argv[1]);
  arguments = argv + 2;
  if (is_unusual()) hand_over();
  const struct text request = request_line();
  const int fd = connected();
  sent = 1;
  signal(SIGPIPE, SIG_IGN);
  if (write_all(fd, request.bytes, request.length) != 0) lost();
  return read_answer(fd);
}
