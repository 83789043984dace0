/* A minimal SMSC for benchmarks: it answers and counts, and is never the bottleneck.
 *
 *   cc -O2 -o sink sink.c && ./sink [--delay MS] [--receipts] [--push N] [--ahead N]
 *                                  [--throttle N] [--life S]
 *
 * One thread with poll(), on loopback only. The first line that it prints is its port. It ends when
 * standard input is closed (so it ends with its parent), on SIGTERM, or after its life, and then
 * prints its counters as one JSON object.
 *
 *   --delay MS    milliseconds from a submit_sm to its response, fractions allowed; default 0
 *   --receipts    send a receipt after each submit_sm_resp
 *   --push N      after a bind, send N receipts of unknown messages
 *   --ahead N     how many of these may await their deliver_sm_resp; default 100
 *   --throttle N  refuse the first N submit_sm with ESME_RTHROTTLED, all at once when the N-th has come
 *   --life S      seconds, at most 3600; default 600
 *
 * Rule: every buffer is bounded. The sink stops reading from a link whose output isn't read, as a
 * real gateway does (back-pressure).
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* where it is missing, SIGPIPE is ignored instead */
#endif

enum {
    LINKS = 32,
    INPUT = 1 << 18,  /* octets read at once; also the longest PDU */
    OUTPUT = 1 << 24, /* octets waiting to be written */
    ENOUGH = OUTPUT / 2, /* stop reading here: the answers to one read fit into the rest */
    DELAYED = 1 << 17, /* answers not yet due */
};

enum {
    BIND_RECEIVER = 0x01,
    BIND_TRANSMITTER = 0x02,
    SUBMIT_SM = 0x04,
    DELIVER_SM = 0x05,
    UNBIND = 0x06,
    BIND_TRANSCEIVER = 0x09,
    ENQUIRE_LINK = 0x15,
    RESPONSE = (int)0x80000000,
    INVALID_LENGTH = 2,
    INVALID_COMMAND = 3,
    THROTTLED = 0x58,
};

struct answer {
    double due;
    uint32_t sequence;
};

struct link {
    int socket; /* -1: unused */
    size_t got, to_write, written;
    unsigned first, last; /* of the ring of delayed answers */
    long to_push, unanswered;
    uint32_t sequence;
    uint8_t *input, *output;
    struct answer *delayed;
};

static struct link links[LINKS];
static volatile sig_atomic_t stopped;
static long binds, submits, receipts, receipts_answered, malformed, in_flight, most_in_flight;
static unsigned long next_id = 100000000;
static double delay, life = 600;
static long push;
static long ahead = 100;
static long throttle;
static uint32_t throttled[DELAYED]; /* sequence numbers */
static int with_receipts;

static void stop(int number) { (void)number, stopped = 1; }

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint32_t number_at(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_number(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24), at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8), at[3] = (uint8_t)value;
}

/* --- output --- */

static void say(struct link *l, uint32_t command, uint32_t status, uint32_t sequence,
                const void *body, size_t size) {
    uint8_t *at = l->output + l->to_write;
    put_number(at, (uint32_t)(16 + size));
    put_number(at + 4, command);
    put_number(at + 8, status);
    put_number(at + 12, sequence);
    if (size) memcpy(at + 16, body, size);
    l->to_write += 16 + size;
}

static void say_receipt(struct link *l, unsigned long id) {
    uint8_t body[256];
    char text[160], name[24];
    int text_size = snprintf(text, sizeof text,
                             "id:%lu sub:001 dlvrd:001 submit date:2611231030 "
                             "done date:2611231031 stat:DELIVRD err:000 text:", id);
    int name_size = snprintf(name, sizeof name, "%lu", id) + 1;
    /* service_type, TON and NPI, the subscriber; TON and NPI, the sender; esm_class 4 */
    static const char head[] = "\0\1\1" "79161234567\0" "\5\0" "Shop\0" "\4\0\0\0\0\0\0\0";
    size_t size = sizeof head; /* with the closing NUL: sm_default_msg_id */
    memcpy(body, head, size);
    body[size++] = (uint8_t)text_size;
    memcpy(body + size, text, (size_t)text_size), size += (size_t)text_size;
    memcpy(body + size, "\x00\x1e\x00", 3), size += 3; /* receipted_message_id */
    body[size++] = (uint8_t)name_size;
    memcpy(body + size, name, (size_t)name_size), size += (size_t)name_size;
    memcpy(body + size, "\x04\x27\x00\x01\x02", 5), size += 5; /* message_state: delivered */
    say(l, DELIVER_SM, 0, l->sequence, body, size);
    l->sequence = l->sequence % 0x7fffffff + 1;
    l->unanswered++, receipts++;
}

static void push_more(struct link *l) {
    while (l->to_push > 0 && l->unanswered < ahead && l->to_write < ENOUGH) {
        l->to_push--;
        say_receipt(l, next_id++);
    }
}

static void answer(struct link *l, uint32_t sequence) {
    char id[24];
    int size = snprintf(id, sizeof id, "%lu", next_id) + 1;
    say(l, SUBMIT_SM | RESPONSE, 0, sequence, id, (size_t)size);
    in_flight--;
    if (with_receipts) say_receipt(l, next_id);
    next_id++;
}

static void answer_due(struct link *l, double at) {
    while (l->first != l->last && l->delayed[l->first % DELAYED].due <= at && l->to_write < ENOUGH)
        answer(l, l->delayed[l->first++ % DELAYED].sequence);
}

/* --- input --- */

static void hear_submit(struct link *l, uint32_t sequence, uint32_t size) {
    submits++;
    if (size < 16 + 17) { /* too short for its seventeen mandatory fields */
        malformed++;
        say(l, SUBMIT_SM | RESPONSE, INVALID_LENGTH, sequence, NULL, 0);
        return;
    }
    if (submits <= throttle) {
        throttled[submits - 1] = sequence;
        for (long i = 0; submits == throttle && i < throttle; i++)
            say(l, SUBMIT_SM | RESPONSE, THROTTLED, throttled[i], NULL, 0);
        return;
    }
    if (++in_flight > most_in_flight) most_in_flight = in_flight;
    if (delay > 0)
        l->delayed[l->last++ % DELAYED] = (struct answer){now() + delay, sequence};
    else
        answer(l, sequence);
}

/* Returns 0 when the link is to be closed. */
static int hear(struct link *l, const uint8_t *pdu, uint32_t size) {
    uint32_t command = number_at(pdu + 4), sequence = number_at(pdu + 12);
    switch (command) {
    case SUBMIT_SM:
        hear_submit(l, sequence, size);
        return 1;
    case DELIVER_SM | (uint32_t)RESPONSE:
        l->unanswered--, receipts_answered++;
        return 1;
    case BIND_RECEIVER: case BIND_TRANSMITTER: case BIND_TRANSCEIVER:
        binds++;
        say(l, command | (uint32_t)RESPONSE, 0, sequence, "sink", 5);
        l->to_push = command == BIND_TRANSMITTER ? 0 : push;
        return 1;
    case ENQUIRE_LINK:
        say(l, command | (uint32_t)RESPONSE, 0, sequence, NULL, 0);
        return 1;
    case UNBIND:
        say(l, command | (uint32_t)RESPONSE, 0, sequence, NULL, 0);
        return 0;
    default:
        if (command & (uint32_t)RESPONSE) return 1;
        malformed++;
        say(l, (uint32_t)RESPONSE, INVALID_COMMAND, sequence, NULL, 0);
        return 1;
    }
}

/* --- links --- */

static void hang_up(struct link *l) {
    in_flight -= l->last - l->first;
    close(l->socket);
    l->socket = -1;
}

static int write_out(struct link *l) {
    while (l->written < l->to_write) {
        ssize_t n = send(l->socket, l->output + l->written, l->to_write - l->written, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
            /* Move the rest to the front, to have all free space behind it. */
            memmove(l->output, l->output + l->written, l->to_write - l->written);
            l->to_write -= l->written, l->written = 0;
            return 1;
        }
        l->written += (size_t)n;
    }
    l->to_write = l->written = 0;
    return 1;
}

static int is_full(const struct link *l) {
    return l->to_write >= ENOUGH || l->last - l->first > DELAYED - INPUT / 16;
}

static int read_in(struct link *l) {
    ssize_t n = recv(l->socket, l->input + l->got, INPUT - l->got, 0);
    if (n == 0) return 0;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    l->got += (size_t)n;
    size_t at = 0;
    int goes_on = 1;
    while (goes_on && l->got - at >= 16) {
        uint32_t size = number_at(l->input + at);
        if (size < 16 || size > INPUT) {
            malformed++;
            return 0;
        }
        if (l->got - at < size) break;
        goes_on = hear(l, l->input + at, size);
        at += size;
    }
    memmove(l->input, l->input + at, l->got - at);
    l->got -= at;
    push_more(l);
    return write_out(l) && goes_on;
}

static void take_link(int listener) {
    int socket = accept(listener, NULL, NULL), yes = 1, place = 0;
    if (socket < 0) return;
    while (place < LINKS && links[place].socket >= 0) place++;
    if (place == LINKS) {
        close(socket);
        return;
    }
    struct link *l = &links[place];
    fcntl(socket, F_SETFL, O_NONBLOCK);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!l->input) {
        l->input = malloc(INPUT);
        l->output = malloc(OUTPUT);
        l->delayed = malloc(DELAYED * sizeof *l->delayed);
        if (!l->input || !l->output || !l->delayed) exit(1);
    }
    l->socket = socket, l->sequence = 1;
    l->got = l->to_write = l->written = 0;
    l->first = l->last = 0;
    l->to_push = l->unanswered = 0;
}

/* Milliseconds until the first delayed answer is due, at most *most*. */
static int patience(double at, int most) {
    for (int i = 0; i < LINKS; i++) {
        const struct link *l = &links[i];
        if (l->socket < 0 || l->first == l->last) continue;
        double left = (l->delayed[l->first % DELAYED].due - at) * 1e3;
        if (left < most) most = left > 0 ? (int)left : 0;
    }
    return most;
}

static void serve(int listener) {
    double end = now() + life;
    while (!stopped) {
        struct pollfd asked[LINKS + 2] = {{0, POLLIN, 0}, {listener, POLLIN, 0}};
        double at = now();
        if (at > end) return;
        for (int i = 0; i < LINKS; i++) {
            struct link *l = &links[i];
            if (l->socket >= 0) {
                answer_due(l, at);
                if (!write_out(l)) hang_up(l);
            }
            short events = (short)((is_full(l) ? 0 : POLLIN) | (l->to_write ? POLLOUT : 0));
            asked[i + 2] = (struct pollfd){l->socket, events, 0};
        }
        if (poll(asked, LINKS + 2, patience(at, 200)) < 0) continue;
        char nothing[64];
        if (asked[0].revents && read(0, nothing, sizeof nothing) <= 0) return;
        for (int i = 0; i < LINKS; i++) {
            struct link *l = &links[i];
            short happened = asked[i + 2].revents;
            if (l->socket < 0 || !happened) continue;
            int is_fine = !(happened & POLLOUT) || write_out(l);
            if (is_fine && happened & (POLLIN | POLLHUP | POLLERR)) is_fine = read_in(l);
            if (!is_fine) hang_up(l);
        }
        if (asked[1].revents) take_link(listener);
    }
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size)
        || listen(listener, LINKS) || getsockname(listener, (struct sockaddr *)&address, &size)) {
        perror("sink");
        exit(1);
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static void read_options(int count, char **words) {
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "0";
        if (!strcmp(words[i], "--receipts")) { with_receipts = 1; continue; }
        else if (!strcmp(words[i], "--delay")) delay = atof(value) / 1e3;
        else if (!strcmp(words[i], "--push")) push = atol(value);
        else if (!strcmp(words[i], "--ahead")) ahead = atol(value);
        else if (!strcmp(words[i], "--throttle")) throttle = atol(value);
        else if (!strcmp(words[i], "--life")) life = atof(value);
        else {
            fprintf(stderr, "sink: unknown option %s\n", words[i]);
            exit(2);
        }
        i++;
    }
    if (!(life > 0 && life <= 3600)) life = 3600;
    if (throttle > DELAYED) throttle = DELAYED;
}

int main(int count, char **words) {
    read_options(count, words);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < LINKS; i++) links[i].socket = -1;
    serve(listen_on_loopback());
    printf("{\"binds\": %ld, \"submits\": %ld, \"receipts\": %ld, \"receipts_answered\": %ld, "
           "\"malformed\": %ld, \"most_in_flight\": %ld}\n",
           binds, submits, receipts, receipts_answered, malformed, most_in_flight);
    return 0;
}
