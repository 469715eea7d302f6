/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What SystemVerilog cannot call in silicabac.h as it is: functions with structs, arrays or a size_t. Each of these calls one of those.
 *
 * All other functions are imported directly (silicabac_dpi_imports.svh). Every function here returns a silicabac_status.
 * A chandle is a pointer. The file is C and C++, since some simulators compile all as C++. */

#include <silicabac.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of a slice, which have to stay in memory as long as their decoder. */
struct slice {
    uint8_t *bytes;
    size_t length, room;
};

int silicabac_dpi_slice_append(struct slice **handle, unsigned char byte)
{
    struct slice *slice = *handle ? *handle : (struct slice *)calloc(1, sizeof *slice);
    if (slice == NULL) return SILICABAC_STATUS_NULL;
    *handle = slice;
    if (slice->length == slice->room) {
        size_t room = slice->room ? 2 * slice->room : 64;
        uint8_t *bytes = (uint8_t *)realloc(slice->bytes, room);
        if (bytes == NULL) return SILICABAC_STATUS_NULL;
        slice->bytes = bytes;
        slice->room = room;
    }
    slice->bytes[slice->length++] = byte;
    return SILICABAC_STATUS_OK;
}

int silicabac_dpi_slice_destroy(struct slice *slice)
{
    if (slice != NULL) free(slice->bytes);
    free(slice);
    return SILICABAC_STATUS_OK;
}

int silicabac_dpi_decoder_create(struct slice *slice, silicabac_coder **decoder)
{
    return slice ? silicabac_oracle_decoder_create(slice->bytes, slice->length, decoder)
                 : silicabac_oracle_decoder_create(NULL, 0, decoder);
}

int silicabac_dpi_decoder_state(silicabac_coder *decoder, unsigned *cod_i_range, unsigned *cod_i_offset, unsigned long long *position,
                                int *error)
{
    silicabac_registers registers;
    silicabac_decode_error found;
    int status = silicabac_coder_registers(decoder, &registers);
    if (status == SILICABAC_STATUS_OK) status = silicabac_decoder_error(decoder, &found);
    if (status != SILICABAC_STATUS_OK) return status;
    *cod_i_range = registers.cod_i_range;
    *cod_i_offset = registers.cod_i_offset;
    *position = registers.position;
    /* As rsp_error (docs/socket.md), which has the same order. */
    *error = found.status == SILICABAC_STATUS_OK ? 0 : (int)(found.status - SILICABAC_STATUS_FORBIDDEN) + 1;
    return status;
}

int silicabac_dpi_oracle_state(silicabac_coder *oracle, unsigned *cod_i_range, unsigned *cod_i_low, unsigned *bits_outstanding,
                               unsigned *first_bit_flag)
{
    silicabac_oracle_state state;
    int status = silicabac_oracle_registers(oracle, &state);
    if (status != SILICABAC_STATUS_OK) return status;
    *cod_i_range = state.cod_i_range;
    *cod_i_low = state.cod_i_low;
    *bits_outstanding = state.bits_outstanding;
    *first_bit_flag = state.first_bit_flag;
    return status;
}

/* The byte with this number, if it is decided: then `decided` is 1. */
int silicabac_dpi_oracle_byte(silicabac_coder *oracle, unsigned long long number, unsigned char *byte, int *decided)
{
    size_t length = 0;
    int status = silicabac_oracle_bytes(oracle, number, byte, 1, &length);
    *decided = length == 1;
    return status;
}

/* One raw byte, and one context variable. */
int silicabac_dpi_raw(silicabac_coder *coder, unsigned char *byte)
{
    return silicabac_coder_raw(coder, byte, 1);
}

int silicabac_dpi_load(silicabac_coder *coder, unsigned ctx_idx, unsigned char model)
{
    return silicabac_coder_load(coder, ctx_idx, &model, 1);
}

int silicabac_dpi_save(silicabac_coder *coder, unsigned ctx_idx, unsigned char *model)
{
    return silicabac_coder_save(coder, ctx_idx, model, 1);
}

#ifdef __cplusplus
}
#endif
