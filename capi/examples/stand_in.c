/* Stands in for a hardware entropy decoder: reads a stream of H.264 or H.265 and hands over the syntax and the coefficients of each block,
 * as a driver would take them from the hardware. After a slice that is damaged it goes on with the next.
 *
 *     stand_in FILE [DUMP]
 *
 * Prints a line a slice, and what all blocks come to. With DUMP, what is handed over goes to that file. */

#include <inttypes.h>
#include <silicabac.h>
#include <stdio.h>
#include <stdlib.h>

/* What the rest of the decoder is: here it counts, and writes down what it is given. */
struct sink {
    FILE *dump;
    uint64_t units, blocks, levels;
    int64_t sum;
};

/* A block of coefficients, in the order of its scan; those that are not listed are zero. */
static void take_level(struct sink *sink, unsigned component, unsigned block, unsigned place, int32_t level)
{
    sink->levels++;
    sink->sum += level;
    if (sink->dump)
        fprintf(sink->dump, " %u.%u.%u=%" PRId32, component, block, place, level);
}

/* H.264: the levels of a macroblock are dense, 16 a 4x4 block, or 64 an 8x8 block. */
static void take_macroblock(struct sink *sink, const silicabac_macroblock *macroblock)
{
    size_t chroma = macroblock->level_count > 256 ? (macroblock->level_count - 256) / 2 : 0;
    size_t size = macroblock->transform_size_8x8_flag ? 64 : 16;
    size_t component, at = 0, block, i;

    sink->units++;
    if (sink->dump)
        fprintf(sink->dump, "mb %" PRIu32 " %" PRIu32 ",%" PRIu32 " type %" PRIu32 ".%" PRIu32 " cbp %u qp %" PRId32,
                macroblock->mb_addr, macroblock->x, macroblock->y, macroblock->mb_kind, macroblock->mb_type,
                macroblock->coded_block_pattern, macroblock->qp_y);
    for (component = 0; component < 3 && at < macroblock->level_count; component++) {
        size_t count = component == 0 ? 256 : chroma;
        /* Chroma has 8x8 blocks only in 4:4:4. */
        size_t length = component == 0 || chroma == 256 ? size : 16;
        for (block = 0; block < count / length; block++, at += length) {
            uint64_t before = sink->levels;
            for (i = 0; i < length; i++)
                if (macroblock->levels[at + i] != 0)
                    take_level(sink, (unsigned)component, (unsigned)block, (unsigned)i, macroblock->levels[at + i]);
            sink->blocks += sink->levels > before;
        }
    }
    if (sink->dump)
        fputc('\n', sink->dump);
}

/* H.265: the blocks that are coded are listed, each with its place in the picture and its levels that are not zero. */
static void take_coding_tree_unit(struct sink *sink, const silicabac_coding_tree_unit *unit)
{
    size_t i, j;

    sink->units++;
    if (sink->dump) {
        fprintf(sink->dump, "ctu %" PRIu32 " %" PRIu32 ",%" PRIu32, unit->ctb_addr, unit->x, unit->y);
        for (i = 0; i < unit->coding_unit_count; i++) {
            const silicabac_coding_unit *cu = &unit->coding_units[i];
            fprintf(sink->dump, " cu %" PRIu32 ",%" PRIu32 " %u mode %u part %u", cu->x, cu->y,
                    1u << cu->log2_cb_size, cu->pred_mode, cu->part_mode);
        }
    }
    for (i = 0; i < unit->block_count; i++) {
        const silicabac_residual_block *block = &unit->blocks[i];
        sink->blocks++;
        for (j = 0; j < block->level_count; j++) {
            const silicabac_level *level = &unit->levels[block->first_level + j];
            take_level(sink, block->component, (unsigned)i, level->place, level->level);
        }
    }
    if (sink->dump)
        fputc('\n', sink->dump);
}

/* Reads the slice data of the present unit. */
static silicabac_status take_slice(struct sink *sink, silicabac_stream *stream, uint32_t codec)
{
    silicabac_status status;
    silicabac_macroblock macroblock;
    silicabac_coding_tree_unit unit;

    if (codec == SILICABAC_CODEC_AVC)
        while ((status = silicabac_stream_macroblock(stream, &macroblock)) == SILICABAC_STATUS_OK)
            take_macroblock(sink, &macroblock);
    else
        while ((status = silicabac_stream_coding_tree_unit(stream, &unit)) == SILICABAC_STATUS_OK)
            take_coding_tree_unit(sink, &unit);
    return status;
}

static uint8_t *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL, *more;
    size_t room = 0, count;

    *length = 0;
    if (!file)
        return NULL;
    do {
        room += 1 << 20;
        more = realloc(bytes, room);
        if (!more)
            break;
        bytes = more;
        count = fread(bytes + *length, 1, room - *length, file);
        *length += count;
    } while (*length == room);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv)
{
    struct sink sink = {0};
    silicabac_stream *stream;
    silicabac_unit unit;
    silicabac_status status;
    char message[256];
    unsigned damaged = 0;
    size_t length, needed;
    uint8_t *bytes = argc > 1 ? read_file(argv[1], &length) : NULL;

    if (!bytes) {
        fprintf(stderr, "usage: stand_in FILE [DUMP]\n");
        return 2;
    }
    if (argc > 2)
        sink.dump = fopen(argv[2], "w");
    status = silicabac_stream_create(SILICABAC_CODEC_UNKNOWN, bytes, length, &stream);
    if (status != SILICABAC_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], silicabac_status_text(status));
        free(bytes);
        return 1;
    }
    while ((status = silicabac_stream_next(stream, &unit)) == SILICABAC_STATUS_OK) {
        if (unit.state == SILICABAC_UNIT_OTHER)
            continue;
        status = unit.state == SILICABAC_UNIT_SLICE ? take_slice(&sink, stream, unit.codec) : SILICABAC_STATUS_DAMAGED;
        if (status == SILICABAC_STATUS_END) {
            printf("unit %" PRIu64 ", %s: whole\n", unit.number, unit.kind);
            continue;
        }
        damaged++;
        if (silicabac_stream_message(stream, message, sizeof message, &needed) != SILICABAC_STATUS_OK)
            message[0] = '\0';
        printf("unit %" PRIu64 ", %s: %s\n", unit.number, unit.kind, message);
    }
    printf("%" PRIu64 " units, %" PRIu64 " blocks, %" PRIu64 " levels, sum %" PRId64 ", damaged %u\n", sink.units,
           sink.blocks, sink.levels, sink.sum, damaged);
    silicabac_stream_destroy(stream);
    if (sink.dump)
        fclose(sink.dump);
    free(bytes);
    return status == SILICABAC_STATUS_END ? 0 : 1;
}
