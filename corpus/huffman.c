// Codes text by the frequency of its bytes: a heap of nodes, a tree, bits out and in.
#include "check.h"
#include <string.h>

enum { SIZE = 200000 };
struct node { uint32_t weight; int16_t left, right; };
static struct node nodes[512];
static int heap[512], heap_size, node_count;
static uint8_t input[SIZE], bits[SIZE * 4];
static uint32_t codes[256];
static uint8_t lengths[256];

static void push(int node) {
    int at = heap_size++;
    while (at > 0 && nodes[heap[(at - 1) / 2]].weight > nodes[node].weight) heap[at] = heap[(at - 1) / 2], at = (at - 1) / 2;
    heap[at] = node;
}

static int pop(void) {
    int top = heap[0], last = heap[--heap_size], at = 0;
    for (;;) {
        int child = 2 * at + 1;
        if (child >= heap_size) break;
        if (child + 1 < heap_size && nodes[heap[child + 1]].weight < nodes[heap[child]].weight) child++;
        if (nodes[heap[child]].weight >= nodes[last].weight) break;
        heap[at] = heap[child], at = child;
    }
    heap[at] = last;
    return top;
}

static void assign(int node, uint32_t code, uint8_t length) {
    if (nodes[node].left < 0) {
        codes[node] = code, lengths[node] = length ? length : 1;
        return;
    }
    assign(nodes[node].left, code << 1, length + 1);
    assign(nodes[node].right, code << 1 | 1, length + 1);
}

int main(void) {
    for (int i = 0; i < SIZE; i++) {
        uint32_t a = next_random() & 63, b = next_random() & 63;
        input[i] = (uint8_t)(a < b ? a : b) + 32;
    }
    uint32_t counts[256] = {0};
    for (int i = 0; i < SIZE; i++) counts[input[i]]++;
    for (int i = 0; i < 256; i++) nodes[i] = (struct node){counts[i], -1, -1};
    node_count = 256;
    for (int i = 0; i < 256; i++) if (counts[i]) push(i);
    while (heap_size > 1) {
        int a = pop(), b = pop();
        nodes[node_count] = (struct node){nodes[a].weight + nodes[b].weight, (int16_t)a, (int16_t)b};
        push(node_count++);
    }
    int root = pop();
    assign(root, 0, 0);
    uint64_t position = 0;
    for (int i = 0; i < SIZE; i++)
        for (int bit = lengths[input[i]] - 1; bit >= 0; bit--, position++)
            if (codes[input[i]] >> bit & 1) bits[position >> 3] |= (uint8_t)(1 << (position & 7));
    uint64_t read = 0;
    int same = 1;
    for (int i = 0; i < SIZE; i++) {
        int node = root;
        while (nodes[node].left >= 0) node = bits[read >> 3] >> (read & 7) & 1 ? nodes[node].right : nodes[node].left, read++;
        same &= node == input[i];
    }
    check(position), check(read), check((uint64_t)same);
    return check_print();
}
