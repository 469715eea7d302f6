/* Silicabac for C: CABAC of H.264 and H.265, their streams, and weights. docs/c.md has how to use it.
 *
 * A handle belongs to one thread at a time. Every pointer is null, which is refused, or valid for what is behind it. Results are
 * written only where a function returns SILICABAC_STATUS_OK, or where it says so.
 *
 * This file is made of capi/src by cbindgen: do not edit it. */

#ifndef SILICABAC_H
#define SILICABAC_H

#include <stddef.h>
#include <stdint.h>

/**
 * The number of context variables of a coder.
 */
#define SILICABAC_CONTEXTS 1024

/**
 * A standard. H.264: contexts are numbered by ctxIdx.
 */
#define SILICABAC_CODEC_AVC 0

/**
 * H.265: contexts are numbered as in `docs/h265-contexts.md`.
 */
#define SILICABAC_CODEC_HEVC 1

/**
 * For `silicabac_stream_create`: whichever standard the stream seems to be of.
 */
#define SILICABAC_CODEC_UNKNOWN 2

/**
 * A slice_type, numbered as H.264 does: P and SP.
 */
#define SILICABAC_SLICE_P 0

/**
 * B.
 */
#define SILICABAC_SLICE_B 1

/**
 * I and SI.
 */
#define SILICABAC_SLICE_I 2

/**
 * P_Skip or B_Skip.
 */
#define SILICABAC_MB_SKIP 0

/**
 * A type of table 7-11.
 */
#define SILICABAC_MB_I 1

/**
 * A type of table 7-13.
 */
#define SILICABAC_MB_P 2

/**
 * A type of table 7-14.
 */
#define SILICABAC_MB_B 3

/**
 * A slice, or slice segment, with CABAC, of which the data can be read.
 */
#define SILICABAC_UNIT_SLICE 0

/**
 * Slice data of a kind that is not read.
 */
#define SILICABAC_UNIT_UNSUPPORTED 1

/**
 * A slice, or a parameter set that slices depend on, that cannot be read.
 */
#define SILICABAC_UNIT_DAMAGED 2

/**
 * Anything else.
 */
#define SILICABAC_UNIT_OTHER 3

/**
 * The major version: programs built for another one have to be changed.
 */
#define SILICABAC_VERSION_MAJOR 0

/**
 * The minor version; while the major one is 0, as that.
 */
#define SILICABAC_VERSION_MINOR 1

/**
 * The patch version: nothing that a program sees differs.
 */
#define SILICABAC_VERSION_PATCH 0

/**
 * An element of a tensor is a 32-bit floating-point number, in little endian as all are.
 */
#define SILICABAC_ELEMENT_F32 0

/**
 * A 16-bit one.
 */
#define SILICABAC_ELEMENT_F16 1

/**
 * A bfloat16.
 */
#define SILICABAC_ELEMENT_BF16 2

/**
 * Anything else.
 */
#define SILICABAC_ELEMENT_OTHER 3

/**
 * A 64-bit floating-point number.
 */
#define SILICABAC_ELEMENT_F64 4

/**
 * It is kept as it was, packed.
 */
#define SILICABAC_CODING_LOSSLESS 0

/**
 * As levels, in CABAC.
 */
#define SILICABAC_CODING_DEEPCABAC 1

/**
 * As levels, packed by xz.
 */
#define SILICABAC_CODING_PACKED 2

/**
 * What came of a call. Everything but `OK` and `END` is an error, after which nothing has been done unless the function says so.
 */
typedef enum silicabac_status {
  /**
   * It is done.
   */
  SILICABAC_STATUS_OK = 0,
  /**
   * There is nothing more: no NAL unit, no macroblock, no coding tree unit.
   */
  SILICABAC_STATUS_END = 1,
  /**
   * A pointer is null that must not be.
   */
  SILICABAC_STATUS_NULL = 2,
  /**
   * A pointer is not aligned as its type has to be.
   */
  SILICABAC_STATUS_ALIGNMENT = 3,
  /**
   * A length is more than memory can have behind the pointer.
   */
  SILICABAC_STATUS_LENGTH = 4,
  /**
   * Two buffers overlap that must not.
   */
  SILICABAC_STATUS_OVERLAP = 5,
  /**
   * The pointer is no handle of this type.
   */
  SILICABAC_STATUS_HANDLE = 6,
  /**
   * The handle has been destroyed.
   */
  SILICABAC_STATUS_DESTROYED = 7,
  /**
   * The handle is in a call of another thread.
   */
  SILICABAC_STATUS_BUSY = 8,
  /**
   * An earlier call panicked in the middle of its work; the handle can only be destroyed.
   */
  SILICABAC_STATUS_BROKEN = 9,
  /**
   * The call panicked. That is a mistake in this library.
   */
  SILICABAC_STATUS_PANIC = 10,
  /**
   * A value is not one that the argument can have.
   */
  SILICABAC_STATUS_ARGUMENT = 11,
  /**
   * The handle is of a kind, or in a state, in which this cannot be asked for.
   */
  SILICABAC_STATUS_STATE = 12,
  /**
   * The buffer is too short; the function has told how long it has to be.
   */
  SILICABAC_STATUS_ROOM = 13,
  /**
   * The first nine bits of an engine run are 510 or 511, which no encoder writes.
   */
  SILICABAC_STATUS_FORBIDDEN = 14,
  /**
   * codIOffset is 256 or more at a bypass alignment.
   */
  SILICABAC_STATUS_MISALIGNED = 15,
  /**
   * A bit beyond the last byte was needed.
   */
  SILICABAC_STATUS_EXHAUSTED = 16,
  /**
   * The slice, the header or the tensor is damaged; what comes after it can be read.
   */
  SILICABAC_STATUS_DAMAGED = 17,
  /**
   * It is of a kind that is not read.
   */
  SILICABAC_STATUS_UNSUPPORTED = 18,
  /**
   * The bytes are neither of the standards', or no container of weights.
   */
  SILICABAC_STATUS_FORMAT = 19,
  /**
   * An element cannot have this value, or would be lost; nothing is written.
   */
  SILICABAC_STATUS_ILLEGAL = 20,
} silicabac_status;

/**
 * A coder: an encoder, a decoder, a meter or the oracle. It allocates when it is created, and as an encoder where its bytes need more room; no other
 * call does.
 */
typedef struct silicabac_coder silicabac_coder;

/**
 * A stream that is open for reading.
 */
typedef struct silicabac_stream silicabac_stream;

/**
 * A container that is open for reading.
 */
typedef struct silicabac_weights silicabac_weights;

/**
 * What is wrong with the bytes of a decoder, and where: the first such place.
 */
typedef struct silicabac_decode_error {
  /**
   * `SILICABAC_STATUS_OK` if nothing is; otherwise `_FORBIDDEN`, `_MISALIGNED` or `_EXHAUSTED`.
   */
  enum silicabac_status status;
  /**
   * The index of the bin that met it.
   */
  uint64_t bin;
  /**
   * The bit at which it was met.
   */
  uint64_t bit;
} silicabac_decode_error;

/**
 * The registers of the standard's encoder.
 */
typedef struct silicabac_oracle_state {
  /**
   * codIRange, 256 to 510 between bins of an engine run.
   */
  uint32_t cod_i_range;
  /**
   * codILow, all ten bits of it.
   */
  uint32_t cod_i_low;
  /**
   * bitsOutstanding.
   */
  uint32_t bits_outstanding;
  /**
   * firstBitFlag.
   */
  uint32_t first_bit_flag;
} silicabac_oracle_state;

/**
 * The facts of a slice header that initialise the context variables of the slice.
 */
typedef struct silicabac_slice_init {
  /**
   * `SILICABAC_CODEC_AVC` or `SILICABAC_CODEC_HEVC`.
   */
  uint32_t codec;
  /**
   * `SILICABAC_SLICE_P`, `_B` or `_I`.
   */
  uint32_t slice_type;
  /**
   * SliceQPY, -128 to 127; it is clipped to 0 to 51.
   */
  int32_t slice_qp_y;
  /**
   * H.264: cabac_init_idc, 0 to 2. H.265: cabac_init_flag, 0 or 1.
   */
  uint32_t index;
} silicabac_slice_init;

/**
 * The registers of the standard.
 */
typedef struct silicabac_registers {
  /**
   * codIRange, 256 to 510.
   */
  uint32_t cod_i_range;
  /**
   * codIOffset of a decoder; 0 of an encoder.
   */
  uint32_t cod_i_offset;
  /**
   * The low nine bits of codILow of an encoder; 0 of a decoder.
   */
  uint32_t cod_i_low;
  /**
   * How many bits a decoder has read; after a terminate bin of 1, the last of them is the stop bit. How many bits an encoder has handed to
   * its bytes: all of them between engine runs, some fewer within one.
   */
  uint64_t position;
} silicabac_registers;

/**
 * The syntax elements of a macroblock, by their names in the standard. What its type has no element for is zero. What it points to stays
 * until the next call with the stream.
 */
typedef struct silicabac_macroblock {
  /**
   * Its address.
   */
  uint32_t mb_addr;
  /**
   * The column of its first luma sample. Derived: not looked at when it is written, as the next three.
   */
  uint32_t x;
  /**
   * The row of its first luma sample, in the frame or the field that is coded.
   */
  uint32_t y;
  /**
   * QPY.
   */
  int32_t qp_y;
  /**
   * Whether it is a field macroblock. Of a skipped upper macroblock of a pair, what is inferred: if the lower one is not skipped, its flag
   * holds for both.
   */
  uint8_t is_field;
  /**
   * Whether it is the last of the slice. Not looked at when it is written.
   */
  uint8_t is_last;
  /**
   * mb_field_decoding_flag; -1 where it is not in the stream.
   */
  int8_t mb_field_decoding_flag;
  /**
   * transform_size_8x8_flag.
   */
  uint8_t transform_size_8x8_flag;
  /**
   * One of `SILICABAC_MB_SKIP` to `SILICABAC_MB_B`.
   */
  uint32_t mb_kind;
  /**
   * mb_type, as the table of its kind numbers it.
   */
  uint32_t mb_type;
  /**
   * rem_intra4x4_pred_mode by 4x4 block, or rem_intra8x8_pred_mode in the first four; -1 where the mode is the predicted one.
   */
  int8_t rem_intra_pred_mode[16];
  /**
   * intra_chroma_pred_mode.
   */
  uint8_t intra_chroma_pred_mode;
  /**
   * coded_block_pattern: CodedBlockPatternLuma + 16 * CodedBlockPatternChroma, of Intra_16x16 too.
   */
  uint8_t coded_block_pattern;
  /**
   * mb_qp_delta.
   */
  int8_t mb_qp_delta;
  /**
   * pcm_alignment_zero_bit of I_PCM, as the low bits of a byte.
   */
  uint8_t pcm_alignment;
  /**
   * sub_mb_type, by 8x8 block.
   */
  uint8_t sub_mb_type[4];
  /**
   * ref_idx_l0 and ref_idx_l1, by macroblock partition.
   */
  uint8_t ref_idx[2][4];
  /**
   * mvd_l0 and mvd_l1, horizontal and vertical, at the place of the first 4x4 block, in rows of four, of each partition.
   */
  int16_t mvd[2][16][2];
  /**
   * The transform coefficient levels of Y, Cb and Cr, block by block, each in the order of its scan: 16 places a 4x4 block, 64 an 8x8
   * block. Of blocks without a DC level the first place holds a level of the block of DC levels.
   */
  const int32_t *levels;
  /**
   * How many there are: 0 if no block is coded.
   */
  size_t level_count;
  /**
   * The bytes of the samples of I_PCM.
   */
  const uint8_t *pcm;
  /**
   * How many there are.
   */
  size_t pcm_count;
} silicabac_macroblock;

/**
 * What sao() has of a component.
 */
typedef struct silicabac_sao_component {
  /**
   * sao_type_idx_luma or sao_type_idx_chroma: 0 nothing, 1 band offset, 2 edge offset. That of Cr is that of Cb.
   */
  uint8_t type_idx;
  /**
   * sao_offset_abs.
   */
  uint8_t offset_abs[4];
  /**
   * sao_offset_sign, of a band offset.
   */
  uint8_t offset_sign[4];
  /**
   * sao_band_position.
   */
  uint8_t band_position;
  /**
   * sao_eo_class_luma or sao_eo_class_chroma; that of Cr is that of Cb.
   */
  uint8_t eo_class;
} silicabac_sao_component;

/**
 * coding_unit().
 */
typedef struct silicabac_coding_unit {
  /**
   * The column of its first luma sample. Derived: not looked at when it is written, as the next.
   */
  uint32_t x;
  /**
   * Its row.
   */
  uint32_t y;
  /**
   * log2CbSize.
   */
  uint8_t log2_cb_size;
  /**
   * cu_transquant_bypass_flag.
   */
  uint8_t cu_transquant_bypass_flag;
  /**
   * CuPredMode: MODE_INTER 0, MODE_INTRA 1, MODE_SKIP 2.
   */
  uint8_t pred_mode;
  /**
   * PartMode, as table 7-10 numbers it: PART_2Nx2N 0 to PART_nRx2N 7.
   */
  uint8_t part_mode;
  /**
   * How many entries of `prediction_units` are its own: as many parts as `part_mode` has, or none of MODE_INTRA.
   */
  uint8_t prediction_unit_count;
  /**
   * pcm_flag.
   */
  uint8_t pcm_flag;
  /**
   * If that is 1, how many bytes of `pcm` are its own.
   */
  uint16_t pcm_count;
  /**
   * pcm_alignment_zero_bit, as the low bits of a byte.
   */
  uint8_t pcm_alignment;
  /**
   * rqt_root_cbf, read or inferred: whether it has a transform tree.
   */
  uint8_t rqt_root_cbf;
  /**
   * mpm_idx of each luma block, of which PART_NxN has four; -1 where the mode is told by the next.
   */
  int8_t mpm_idx[4];
  /**
   * rem_intra_luma_pred_mode of each; 0 where mpm_idx is told.
   */
  uint8_t rem_intra_luma_pred_mode[4];
  /**
   * intra_chroma_pred_mode, of which PART_NxN in 4:4:4 has four.
   */
  uint8_t intra_chroma_pred_mode[4];
} silicabac_coding_unit;

/**
 * prediction_unit().
 */
typedef struct silicabac_prediction_unit {
  /**
   * merge_flag; 1 in skipped coding units.
   */
  uint8_t merge_flag;
  /**
   * merge_idx.
   */
  uint8_t merge_idx;
  /**
   * inter_pred_idc: PRED_L0 0, PRED_L1 1, PRED_BI 2.
   */
  uint8_t inter_pred_idc;
  /**
   * ref_idx_l0 and ref_idx_l1.
   */
  uint8_t ref_idx[2];
  /**
   * mvp_l0_flag and mvp_l1_flag.
   */
  uint8_t mvp_flag[2];
  /**
   * MvdL0 and MvdL1, horizontal and vertical.
   */
  int16_t mvd[2][2];
} silicabac_prediction_unit;

/**
 * A node of transform_tree(), and transform_unit() if it is not split. Each stands before the four that it is split into.
 */
typedef struct silicabac_transform_node {
  /**
   * split_transform_flag, read or inferred.
   */
  uint8_t split_transform_flag;
  /**
   * cbf_luma, read or inferred.
   */
  uint8_t cbf_luma;
  /**
   * cbf_cb and cbf_cr; of each a second one in 4:2:2.
   */
  uint8_t cbf_chroma[2][2];
  /**
   * CuQpDeltaVal, in the first node of a quantization group that has something coded.
   */
  int8_t cu_qp_delta;
  /**
   * cu_chroma_qp_offset_idx; -1 if cu_chroma_qp_offset_flag is not 1.
   */
  int8_t cu_chroma_qp_offset_idx;
  /**
   * log2_res_scale_abs_plus1 of Cb and of Cr.
   */
  uint8_t log2_res_scale_abs_plus1[2];
  /**
   * res_scale_sign_flag of Cb and of Cr.
   */
  uint8_t res_scale_sign_flag[2];
  /**
   * How many entries of `blocks` are its own.
   */
  uint8_t block_count;
} silicabac_transform_node;

/**
 * residual_coding(): a block that is coded.
 */
typedef struct silicabac_residual_block {
  /**
   * Y 0, Cb 1, Cr 2. Derived: not looked at when it is written, as the next, `x` and `y`.
   */
  uint8_t component;
  /**
   * log2 of how many samples of its component it is wide.
   */
  uint8_t log2_size;
  /**
   * transform_skip_flag.
   */
  uint8_t transform_skip_flag;
  /**
   * explicit_rdpcm_dir_flag; -1 if explicit_rdpcm_flag is not 1.
   */
  int8_t explicit_rdpcm_dir_flag;
  /**
   * The column of the luma sample at its upper left corner.
   */
  uint32_t x;
  /**
   * Its row.
   */
  uint32_t y;
  /**
   * Where its levels begin in `levels`: after those of the blocks before it.
   */
  uint32_t first_level;
  /**
   * How many levels are not zero.
   */
  uint32_t level_count;
} silicabac_residual_block;

/**
 * A transform coefficient level that is not zero; those of a block stand with the last one of the scan first.
 */
typedef struct silicabac_level {
  /**
   * Its place in the scan: 16 times the number of its sub-block, and its place within that.
   */
  uint16_t place;
  /**
   * TransCoeffLevel.
   */
  int32_t level;
} silicabac_level;

/**
 * The syntax elements of a coding tree unit: lists in the order of the stream. What it points to stays until the next call with the
 * stream.
 */
typedef struct silicabac_coding_tree_unit {
  /**
   * CtbAddrInRs. Derived: not looked at when it is written, as the next three.
   */
  uint32_t ctb_addr;
  /**
   * The column of its first luma sample.
   */
  uint32_t x;
  /**
   * Its row.
   */
  uint32_t y;
  /**
   * Whether it is the last of the slice segment.
   */
  uint8_t is_last;
  /**
   * sao_merge_left_flag 1, sao_merge_up_flag 2, neither 0.
   */
  uint8_t sao_merge;
  /**
   * The bits after the stop bit that follows end_of_subset_one_bit, as the low bits of a byte.
   */
  uint8_t subset_alignment;
  /**
   * sao() of Y, Cb and Cr.
   */
  struct silicabac_sao_component sao[3];
  /**
   * The coding units.
   */
  const struct silicabac_coding_unit *coding_units;
  /**
   * How many there are.
   */
  size_t coding_unit_count;
  /**
   * The prediction units of those that are predicted from other pictures.
   */
  const struct silicabac_prediction_unit *prediction_units;
  /**
   * How many there are.
   */
  size_t prediction_unit_count;
  /**
   * The transform trees, of each coding unit that has one.
   */
  const struct silicabac_transform_node *transform_nodes;
  /**
   * How many nodes there are.
   */
  size_t transform_node_count;
  /**
   * The blocks that are coded.
   */
  const struct silicabac_residual_block *blocks;
  /**
   * How many there are.
   */
  size_t block_count;
  /**
   * The levels of all blocks that are not zero.
   */
  const struct silicabac_level *levels;
  /**
   * How many there are.
   */
  size_t level_count;
  /**
   * The samples of coding units that have them as they are.
   */
  const uint8_t *pcm;
  /**
   * How many bytes they take.
   */
  size_t pcm_count;
} silicabac_coding_tree_unit;

/**
 * A NAL unit. What it points to stays until the next call with the stream.
 */
typedef struct silicabac_unit {
  /**
   * Its number in the stream.
   */
  uint64_t number;
  /**
   * The number of the slice, or slice segment, in the stream; -1 if it is none.
   */
  int64_t slice;
  /**
   * Where it begins in the stream: the first byte of its header.
   */
  uint64_t offset;
  /**
   * `SILICABAC_CODEC_AVC` or `SILICABAC_CODEC_HEVC`.
   */
  uint32_t codec;
  /**
   * One of `SILICABAC_UNIT_SLICE` to `SILICABAC_UNIT_OTHER`.
   */
  uint32_t state;
  /**
   * What it is, by nal_unit_type, in words.
   */
  const char *kind;
  /**
   * The bytes of the unit, with emulation prevention; there can be none after the last unit.
   */
  const uint8_t *bytes;
  /**
   * How many they are.
   */
  size_t length;
  /**
   * The CABAC bytes of a slice, without emulation prevention, and what comes after them; null if it is none that can be read.
   */
  const uint8_t *data;
  /**
   * How many they are.
   */
  size_t data_length;
  /**
   * What initialises the contexts of such a slice.
   */
  struct silicabac_slice_init init;
} silicabac_unit;

/**
 * A tensor. What it points to stays until the container is destroyed.
 */
typedef struct silicabac_tensor {
  /**
   * Its name. A zero byte in it stands there as `?`.
   */
  const char *name;
  /**
   * One of `SILICABAC_ELEMENT_F32` to `_F64`.
   */
  uint32_t element;
  /**
   * One of `SILICABAC_CODING_LOSSLESS` to `_PACKED`.
   */
  uint32_t coding;
  /**
   * Its shape.
   */
  const uint64_t *shape;
  /**
   * How many dimensions that has.
   */
  size_t rank;
  /**
   * How many bytes it is decoded to.
   */
  uint64_t length;
  /**
   * How many bytes of the container are its own.
   */
  uint64_t stored;
  /**
   * Into how many slices it is cut, which can be decoded by themselves.
   */
  uint64_t slice_count;
} silicabac_tensor;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Codes a bin with the context variable `ctx_idx`, 0 to 1023, and updates that.
 */
enum silicabac_status silicabac_coder_context(struct silicabac_coder *coder, uint32_t ctx_idx, uint8_t *bin);

/**
 * Codes a bypass bin.
 */
enum silicabac_status silicabac_coder_bypass(struct silicabac_coder *coder, uint8_t *bin);

/**
 * Codes a terminate bin. A bin of 1 ends the engine run; then come `silicabac_coder_padding`, `_raw`, `_start`, or the end.
 */
enum silicabac_status silicabac_coder_terminate(struct silicabac_coder *coder,
                                                uint8_t *bin);

/**
 * Codes `count` bypass bins, 32 at the most: the low bits of `value`, the highest first.
 */
enum silicabac_status silicabac_coder_bypass_bits(struct silicabac_coder *coder,
                                                  uint32_t count,
                                                  uint32_t *value);

/**
 * H.265 bypass alignment: codIRange becomes 256.
 */
enum silicabac_status silicabac_coder_align(struct silicabac_coder *coder);

/**
 * After a terminate bin of 1: the bits after the stop bit in its byte, in place. The standards want zeros, which is what stands there if
 * this is not called; but not every stream has them.
 */
enum silicabac_status silicabac_coder_padding(struct silicabac_coder *coder,
                                              uint8_t *bits);

/**
 * After a terminate bin of 1: codes whole bytes as they are, such as PCM samples.
 */
enum silicabac_status silicabac_coder_raw(struct silicabac_coder *coder, uint8_t *bytes, size_t count);

/**
 * Codes `count` bins, each with the context variable that stands at its place in `ctx_idx`. What writes is given them, 0 or 1; a decoder
 * puts them there. If a context or a bin is none, nothing is coded.
 */
enum silicabac_status silicabac_coder_contexts(struct silicabac_coder *coder,
                                               const uint16_t *ctx_idx,
                                               uint8_t *bins,
                                               size_t count);

/**
 * Codes `count` bypass bins, a byte each.
 */
enum silicabac_status silicabac_coder_bypasses(struct silicabac_coder *coder, uint8_t *bins, size_t count);

/**
 * Creates an encoder, with every context in state 0 and valMPS 0.
 */
enum silicabac_status silicabac_encoder_create(struct silicabac_coder **coder);

/**
 * Creates a meter, which adds up what bins cost and writes nothing.
 */
enum silicabac_status silicabac_meter_create(struct silicabac_coder **coder);

/**
 * Creates a decoder that has read the first nine bits of `bytes`. The bytes stay the caller's: they have to be there, unchanged, until
 * the coder is destroyed. Emulation prevention bytes have to be gone.
 */
enum silicabac_status silicabac_decoder_create(const uint8_t *bytes,
                                               size_t length,
                                               struct silicabac_coder **coder);

/**
 * Ends a coder. A null pointer is none, and nothing is done.
 */
enum silicabac_status silicabac_coder_destroy(struct silicabac_coder *coder);

/**
 * Copies what an encoder has written so far to `bytes`, and tells in `length` how many bytes there are; if `room` is less, only that,
 * and `SILICABAC_STATUS_ROOM`. Only after a terminate bin of 1, and raw bytes after it, when all of them are there. The encoder can go on
 * with a start.
 */
enum silicabac_status silicabac_encoder_bytes(struct silicabac_coder *coder,
                                              uint8_t *bytes,
                                              size_t room,
                                              size_t *length);

/**
 * What all bins so far cost, of a meter: in 1/32768 of a bit.
 */
enum silicabac_status silicabac_meter_cost(struct silicabac_coder *coder, uint64_t *cost);

/**
 * Starts the engine again, after a terminate bin of 1 and the raw bytes after it, on the next whole byte; the contexts stay.
 */
enum silicabac_status silicabac_coder_start(struct silicabac_coder *coder);

/**
 * What is wrong with the bytes that a decoder has read so far. Damaged bytes make no call fail: a decoder keeps the first error, goes
 * on, and reads zeros beyond the last byte. So this is asked at the end of a slice, or wherever the program wants to stop.
 */
enum silicabac_status silicabac_decoder_error(struct silicabac_coder *coder,
                                              struct silicabac_decode_error *error);

/**
 * Creates the oracle as an encoder, which goes through the standard's flowcharts bit by bit. It is slower than `silicabac_encoder_create`'s
 * and gives the same bytes; the functions `silicabac_oracle_` say what they are after each bin.
 */
enum silicabac_status silicabac_oracle_create(struct silicabac_coder **coder);

/**
 * Creates the oracle as a decoder. It is used as `silicabac_decoder_create`'s, but nothing that it is asked for is refused: a bin after a
 * terminate bin of 1, raw bytes and a start within an engine run are decoded from the bits that follow. The bytes stay the caller's: they
 * have to be there, unchanged, until the coder is destroyed.
 */
enum silicabac_status silicabac_oracle_decoder_create(const uint8_t *bytes,
                                                      size_t length,
                                                      struct silicabac_coder **coder);

/**
 * Copies the bytes that are decided so far, from byte `first` on, to `bytes`: as many as `room` has place for. `length` tells how many that
 * are. Unlike `silicabac_encoder_bytes` it can be asked after any bin.
 */
enum silicabac_status silicabac_oracle_bytes(struct silicabac_coder *coder,
                                             uint64_t first,
                                             uint8_t *bytes,
                                             size_t room,
                                             size_t *length);

/**
 * Hands over the registers of the oracle.
 */
enum silicabac_status silicabac_oracle_registers(struct silicabac_coder *coder,
                                                 struct silicabac_oracle_state *registers);

/**
 * Initialises the context variables as the slice header says. Those that such slices do not have stay as they are.
 */
enum silicabac_status silicabac_coder_initialise(struct silicabac_coder *coder,
                                                 const struct silicabac_slice_init *init);

/**
 * Sets `count` context variables from `first` on: pStateIdx, 0 to 62, in the low six bits of each byte, and valMPS in the next one.
 * If one is none of these, nothing is set.
 */
enum silicabac_status silicabac_coder_load(struct silicabac_coder *coder,
                                           uint32_t first,
                                           const uint8_t *models,
                                           size_t count);

/**
 * Hands over the states of `count` context variables from `first` on.
 */
enum silicabac_status silicabac_coder_save(struct silicabac_coder *coder,
                                           uint32_t first,
                                           uint8_t *models,
                                           size_t count);

/**
 * Hands over the registers of an encoder or a decoder.
 */
enum silicabac_status silicabac_coder_registers(struct silicabac_coder *coder,
                                                struct silicabac_registers *registers);

/**
 * What a status means, in English. The text is there for ever; of a number that is no status it says so.
 */
const char *silicabac_status_text(int32_t status);

/**
 * Reads the next macroblock of the present unit, which has to be a slice of H.264; `SILICABAC_STATUS_END` after the last one, and
 * `SILICABAC_STATUS_DAMAGED` where the slice cannot be read on. Then the next unit can be.
 */
enum silicabac_status silicabac_stream_macroblock(struct silicabac_stream *stream,
                                                  struct silicabac_macroblock *macroblock);

/**
 * Reads the next coding tree unit of the present unit, which has to be a slice segment of H.265; `SILICABAC_STATUS_END` after the last one,
 * and `SILICABAC_STATUS_DAMAGED` where the segment cannot be read on. Then the next unit can be, unless it is a dependent segment.
 */
enum silicabac_status silicabac_stream_coding_tree_unit(struct silicabac_stream *stream,
                                                        struct silicabac_coding_tree_unit *coding_tree_unit);

/**
 * Opens a stream in memory, as annex B of either standard has it, or NAL units with their lengths before them. `codec` is one of
 * `SILICABAC_CODEC_AVC`, `_HEVC` and `_UNKNOWN`; of `_UNKNOWN` the first bytes have to say it, or it is `SILICABAC_STATUS_FORMAT`. The bytes
 * stay the caller's: they have to be there, unchanged, until the stream is destroyed.
 */
enum silicabac_status silicabac_stream_create(uint32_t codec,
                                              const uint8_t *bytes,
                                              size_t length,
                                              struct silicabac_stream **stream);

/**
 * Ends a stream. A null pointer is none, and nothing is done.
 */
enum silicabac_status silicabac_stream_destroy(struct silicabac_stream *stream);

/**
 * Goes to the next NAL unit, whatever was read of the one before it; `SILICABAC_STATUS_END` after the last one. A unit that is damaged is
 * no error here: its `state` says so, and `silicabac_stream_message` why. `SILICABAC_STATUS_DAMAGED` is only where no unit is found at all, and
 * then none comes any more.
 */
enum silicabac_status silicabac_stream_next(struct silicabac_stream *stream,
                                            struct silicabac_unit *unit);

/**
 * Copies to `text` what is wrong, in words, with the unit or with the last slice data that could not be read or written; an empty text if
 * nothing is. It ends with a zero. `length` tells how many bytes it has with that; if `room` is less, only that, and
 * `SILICABAC_STATUS_ROOM`.
 */
enum silicabac_status silicabac_stream_message(struct silicabac_stream *stream,
                                               char *text,
                                               size_t room,
                                               size_t *length);

/**
 * Takes a macroblock down that is to be written as the next one of the present unit, a slice of H.264. The first one is that with which the
 * slice begins; what is derived of it is not looked at. `levels` and `pcm` are copied.
 */
enum silicabac_status silicabac_stream_put_macroblock(struct silicabac_stream *stream,
                                                      const struct silicabac_macroblock *macroblock);

/**
 * Takes a coding tree unit down that is to be written as the next one of the present unit, a slice segment of H.265. The first one is that
 * with which the segment begins, and there are as many as are put; what is derived of one is not looked at. All lists are copied.
 * `SILICABAC_STATUS_ARGUMENT` for what no coding tree unit can have; what this segment cannot have is refused by `silicabac_stream_write`.
 */
enum silicabac_status silicabac_stream_put_coding_tree_unit(struct silicabac_stream *stream,
                                                            const struct silicabac_coding_tree_unit *coding_tree_unit);

/**
 * Copies the bytes of the present NAL unit, without what stands before it in the stream, with its slice data written again: of the
 * macroblocks or coding tree units that were put, or of those that are in the stream. What is no slice is copied as it is.
 *
 * The header of a slice segment of H.265 gets the entry points of the new data, unless it had wrong ones, or none although substreams
 * follow the first one. A dependent slice segment that follows begins with the state at the end of what was written here, so it has to be
 * written as well, even if nothing is put for it; it is read from the stream as it was.
 *
 * `SILICABAC_STATUS_ILLEGAL` if an element cannot have its value, or would be lost; `silicabac_stream_message` says which. `length` tells how
 * many bytes there are; if `room` is less, only that, and `SILICABAC_STATUS_ROOM`.
 */
enum silicabac_status silicabac_stream_write(struct silicabac_stream *stream,
                                             uint8_t *bytes,
                                             size_t room,
                                             size_t *length);

/**
 * The version of the library that is linked, as 65536 * major + 256 * minor + patch. Where it is not that of the header, the program
 * runs with another library than it was built for.
 */
uint32_t silicabac_version(void);

/**
 * The same as text, such as "0.1.0". It is there for ever.
 */
const char *silicabac_version_text(void);

/**
 * Opens a container in memory. `SILICABAC_STATUS_FORMAT` if it is none, and `SILICABAC_STATUS_DAMAGED` if its index cannot be read; that its
 * streams are whole is seen where they are decoded. The bytes stay the caller's: they have to be there, unchanged, until the container is
 * destroyed.
 */
enum silicabac_status silicabac_weights_create(const uint8_t *bytes,
                                               size_t length,
                                               struct silicabac_weights **weights);

/**
 * Ends a container. A null pointer is none, and nothing is done.
 */
enum silicabac_status silicabac_weights_destroy(struct silicabac_weights *weights);

/**
 * Tells how many tensors there are.
 */
enum silicabac_status silicabac_weights_count(struct silicabac_weights *weights, size_t *count);

/**
 * Finds the tensor of this name, which ends with a zero byte; `SILICABAC_STATUS_ARGUMENT` if there is none.
 */
enum silicabac_status silicabac_weights_find(struct silicabac_weights *weights,
                                             const char *name,
                                             size_t *index);

/**
 * Says what a tensor is; they are numbered from 0 on.
 */
enum silicabac_status silicabac_weights_tensor(struct silicabac_weights *weights,
                                               size_t index,
                                               struct silicabac_tensor *tensor);

/**
 * Decodes a tensor into `bytes`, in the order and the type of the model file that it came from. `length` tells how many bytes it has; if
 * `room` is less, only that, and `SILICABAC_STATUS_ROOM`. Of a damaged tensor `bytes` holds what comes before the damage, and
 * `silicabac_weights_message` says what is wrong.
 */
enum silicabac_status silicabac_weights_decode(struct silicabac_weights *weights,
                                               size_t index,
                                               uint8_t *bytes,
                                               size_t room,
                                               size_t *length);

/**
 * Decodes a slice of a tensor, likewise; they are numbered from 0 on, and each but the last has the same length.
 */
enum silicabac_status silicabac_weights_decode_slice(struct silicabac_weights *weights,
                                                     size_t index,
                                                     size_t slice,
                                                     uint8_t *bytes,
                                                     size_t room,
                                                     size_t *length);

/**
 * Copies to `text` what was wrong with the tensor that could not be decoded, as `silicabac_stream_message` does.
 */
enum silicabac_status silicabac_weights_message(struct silicabac_weights *weights,
                                                char *text,
                                                size_t room,
                                                size_t *length);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SILICABAC_H */
