/* The interface as C sees it: sizes, constants, bins both ways, and what is refused. Prints the bytes that it has written. */

#include <silicabac.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            return 1; \
        } \
    } while (0)
#define OK(call) CHECK((call) == SILICABAC_STATUS_OK)

enum { COUNT = 3000 };

static uint16_t ctx_idx[COUNT];
static uint8_t bins[COUNT], bypasses[COUNT];

/* The same calls for an encoder, a decoder and a meter; what a decoder reads is compared. */
static int walk(silicabac_coder *coder)
{
    silicabac_slice_init init = {SILICABAC_CODEC_AVC, SILICABAC_SLICE_P, 26, 0};
    uint8_t many[COUNT], bin, raw[3] = {1, 2, 3}, padding = 0;
    uint32_t value = 0x2a5;
    size_t i;

    OK(silicabac_coder_initialise(coder, &init));
    for (i = 0; i < COUNT; i++) {
        bin = bins[i];
        OK(silicabac_coder_context(coder, ctx_idx[i], &bin));
        CHECK(bin == bins[i]);
        bin = bypasses[i];
        OK(silicabac_coder_bypass(coder, &bin));
        CHECK(bin == bypasses[i]);
    }
    OK(silicabac_coder_bypass_bits(coder, 10, &value));
    CHECK(value == 0x2a5);
    bin = 0;
    OK(silicabac_coder_terminate(coder, &bin));
    CHECK(bin == 0);
    OK(silicabac_coder_align(coder));
    CHECK(silicabac_coder_raw(coder, raw, 3) == SILICABAC_STATUS_STATE);
    bin = 1;
    OK(silicabac_coder_terminate(coder, &bin));
    CHECK(bin == 1);
    CHECK(silicabac_coder_bypass(coder, &bin) == SILICABAC_STATUS_STATE);
    OK(silicabac_coder_padding(coder, &padding));
    OK(silicabac_coder_raw(coder, raw, 3));
    CHECK(raw[0] == 1 && raw[1] == 2 && raw[2] == 3);
    OK(silicabac_coder_start(coder));
    memcpy(many, bins, COUNT);
    OK(silicabac_coder_contexts(coder, ctx_idx, many, COUNT));
    CHECK(memcmp(many, bins, COUNT) == 0);
    memcpy(many, bypasses, COUNT);
    OK(silicabac_coder_bypasses(coder, many, COUNT));
    CHECK(memcmp(many, bypasses, COUNT) == 0);
    bin = 1;
    OK(silicabac_coder_terminate(coder, &bin));
    CHECK(bin == 1);
    return 0;
}

/* What a program can do wrong, and a check can find. */
static int refused(void)
{
    silicabac_coder *coder = NULL, *other = NULL;
    silicabac_stream *stream = NULL;
    silicabac_registers registers;
    uint8_t bin = 2, models[2] = {0, 63}, bytes[64] = {0};
    uint64_t cost;
    size_t length;

    CHECK(silicabac_encoder_create(NULL) == SILICABAC_STATUS_NULL);
    CHECK(silicabac_decoder_create(NULL, 1, &coder) == SILICABAC_STATUS_NULL);
    CHECK(silicabac_decoder_create(bytes, (size_t)-1, &coder) == SILICABAC_STATUS_LENGTH);
    CHECK(silicabac_coder_bypass(NULL, &bin) == SILICABAC_STATUS_NULL);
    OK(silicabac_encoder_create(&coder));
    CHECK(silicabac_coder_bypass(coder, NULL) == SILICABAC_STATUS_NULL);
    CHECK(silicabac_coder_bypass(coder, &bin) == SILICABAC_STATUS_ARGUMENT);
    bin = 1;
    CHECK(silicabac_coder_context(coder, SILICABAC_CONTEXTS, &bin) == SILICABAC_STATUS_ARGUMENT);
    CHECK(silicabac_coder_load(coder, 0, models, 2) == SILICABAC_STATUS_ARGUMENT);
    CHECK(silicabac_coder_load(coder, 1023, models, 2) == SILICABAC_STATUS_ARGUMENT);
    CHECK(silicabac_meter_cost(coder, &cost) == SILICABAC_STATUS_STATE);
    CHECK(silicabac_encoder_bytes(coder, bytes, sizeof bytes, &length) == SILICABAC_STATUS_STATE);
    CHECK(silicabac_coder_contexts(coder, (uint16_t *)(void *)bytes, bytes + 1, 8) != SILICABAC_STATUS_OK);
    CHECK(silicabac_coder_registers(coder, (silicabac_registers *)(void *)(bytes + 1)) != SILICABAC_STATUS_OK);
    OK(silicabac_coder_registers(coder, &registers));
    CHECK(registers.cod_i_range == 510 && registers.cod_i_low == 0);
    OK(silicabac_coder_terminate(coder, &bin));
    CHECK(silicabac_encoder_bytes(coder, bytes, 0, &length) == SILICABAC_STATUS_ROOM);
    CHECK(length == 2);
    OK(silicabac_encoder_bytes(coder, bytes, sizeof bytes, &length));
    CHECK(length == 2 && bytes[0] == 0xfe && bytes[1] == 0x80);

    OK(silicabac_coder_destroy(NULL));
    OK(silicabac_coder_destroy(coder));
    CHECK(silicabac_coder_bypass(coder, &bin) == SILICABAC_STATUS_DESTROYED);
    CHECK(silicabac_coder_destroy(coder) == SILICABAC_STATUS_DESTROYED);
    OK(silicabac_encoder_create(&other));
    CHECK(other != coder);
    OK(silicabac_stream_create(SILICABAC_CODEC_AVC, bytes, 0, &stream));
    CHECK(silicabac_coder_bypass((silicabac_coder *)(void *)stream, &bin) == SILICABAC_STATUS_HANDLE);
    CHECK(silicabac_coder_destroy((silicabac_coder *)(void *)stream) == SILICABAC_STATUS_HANDLE);
    OK(silicabac_stream_destroy(stream));
    OK(silicabac_coder_destroy(other));
    return 0;
}

int main(void)
{
    static uint8_t bytes[4 * COUNT];
    silicabac_coder *encoder, *decoder, *meter;
    silicabac_decode_error error;
    silicabac_registers registers;
    uint64_t cost;
    size_t length, i;

    CHECK(sizeof(silicabac_status) == sizeof(int));
    CHECK(sizeof(silicabac_slice_init) == 16);
    CHECK(sizeof(silicabac_registers) == 24);
    CHECK(sizeof(silicabac_decode_error) == 24);
    CHECK(sizeof(silicabac_level) == 8);
    CHECK(silicabac_version()
          == (SILICABAC_VERSION_MAJOR << 16 | SILICABAC_VERSION_MINOR << 8 | SILICABAC_VERSION_PATCH));
    CHECK(strlen(silicabac_version_text()) >= 5);
    CHECK(strcmp(silicabac_status_text(SILICABAC_STATUS_OK), "it is done") == 0);
    CHECK(strcmp(silicabac_status_text(-1), "the number is no status") == 0);
    if (refused() != 0)
        return 1;

    for (i = 0; i < COUNT; i++) {
        ctx_idx[i] = (uint16_t)(i * 7 % 460);
        bins[i] = (uint8_t)(i * i % 11 < 3);
        bypasses[i] = (uint8_t)(i / 3 % 2);
    }
    OK(silicabac_encoder_create(&encoder));
    if (walk(encoder) != 0)
        return 1;
    OK(silicabac_encoder_bytes(encoder, bytes, sizeof bytes, &length));
    OK(silicabac_decoder_create(bytes, length, &decoder));
    if (walk(decoder) != 0)
        return 1;
    OK(silicabac_decoder_error(decoder, &error));
    CHECK(error.status == SILICABAC_STATUS_OK);
    OK(silicabac_coder_registers(decoder, &registers));
    CHECK((registers.position + 7) / 8 == length);
    OK(silicabac_meter_create(&meter));
    if (walk(meter) != 0)
        return 1;
    OK(silicabac_meter_cost(meter, &cost));
    CHECK(cost == (uint64_t)length * 8 * 32768);
    for (i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    OK(silicabac_coder_destroy(encoder));
    OK(silicabac_coder_destroy(decoder));
    OK(silicabac_coder_destroy(meter));
    return 0;
}
