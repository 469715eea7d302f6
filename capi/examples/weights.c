/* Decodes weights where there are no files: the container is an array, and so is the room for a tensor. `container.h` defines the array
 * `container`, as `xxd -i` does, and ROOM, the bytes of the largest tensor. Prints each tensor with a checksum, first whole and then slice
 * by slice. */

#include <inttypes.h>
#include <silicabac.h>
#include <stdio.h>

#include "container.h"

static uint8_t room[ROOM];

/* The checksum of FNV-1a goes on over more bytes. */
static uint32_t fnv1a(uint32_t hash, const uint8_t *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

int main(void)
{
    silicabac_weights *weights;
    silicabac_tensor tensor;
    size_t count, index, length;
    uint64_t slice;
    silicabac_status status = silicabac_weights_create(container, sizeof container, &weights);

    if (status == SILICABAC_STATUS_OK)
        status = silicabac_weights_count(weights, &count);
    for (index = 0; status == SILICABAC_STATUS_OK && index < count; index++) {
        uint32_t whole, sliced = 2166136261u;
        status = silicabac_weights_tensor(weights, index, &tensor);
        if (status == SILICABAC_STATUS_OK)
            status = silicabac_weights_decode(weights, index, room, sizeof room, &length);
        if (status != SILICABAC_STATUS_OK)
            break;
        whole = fnv1a(2166136261u, room, length);
        for (slice = 0; status == SILICABAC_STATUS_OK && slice < tensor.slice_count; slice++) {
            status = silicabac_weights_decode_slice(weights, index, (size_t)slice, room, sizeof room, &length);
            if (status == SILICABAC_STATUS_OK)
                sliced = fnv1a(sliced, room, length);
        }
        printf("%s %" PRIu64 " %08" PRIx32 " %08" PRIx32 "\n", tensor.name, tensor.length, whole, sliced);
    }
    if (status != SILICABAC_STATUS_OK) {
        fprintf(stderr, "%s\n", silicabac_status_text(status));
        return 1;
    }
    return silicabac_weights_destroy(weights) == SILICABAC_STATUS_OK ? 0 : 1;
}
