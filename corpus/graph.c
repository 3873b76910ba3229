// Shortest paths with a heap, components with union and find, and a search through a maze.
#include "check.h"
#include <stdlib.h>
#include <string.h>

enum { NODES = 6000, EDGES = 30000, SIDE = 301 };
struct edge { int32_t to, weight, next; };
static struct edge edges[EDGES];
static int32_t first[NODES], best[NODES], parent[NODES];
struct entry { int32_t cost, node; };
static struct entry heap[EDGES + 1];
static int heap_size;
static uint8_t maze[SIDE][SIDE];
static int16_t queue[SIDE * SIDE][2];

static void push(struct entry e) {
    int at = heap_size++;
    for (; at > 0 && heap[(at - 1) >> 1].cost > e.cost; at = (at - 1) >> 1) heap[at] = heap[(at - 1) >> 1];
    heap[at] = e;
}

static struct entry pop(void) {
    struct entry top = heap[0], last = heap[--heap_size];
    int at = 0, child;
    while ((child = 2 * at + 1) < heap_size) {
        if (child + 1 < heap_size && heap[child + 1].cost < heap[child].cost) child++;
        if (heap[child].cost >= last.cost) break;
        heap[at] = heap[child], at = child;
    }
    heap[at] = last;
    return top;
}

static int find(int node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
}

static void carve(int x, int y) {
    static const int8_t steps[4][2] = {{2, 0}, {-2, 0}, {0, 2}, {0, -2}};
    unsigned start = next_random();
    maze[y][x] = 1;
    for (unsigned i = 0; i < 4; i++) {
        const int8_t *s = steps[(start + i) & 3];
        int nx = x + s[0], ny = y + s[1];
        if (nx < 1 || ny < 1 || nx >= SIDE - 1 || ny >= SIDE - 1 || maze[ny][nx]) continue;
        maze[y + s[1] / 2][x + s[0] / 2] = 1;
        if (next_random() % 97 < 90) carve(nx, ny);
    }
}

int main(void) {
    memset(first, -1, sizeof first);
    for (int i = 0; i < NODES; i++) parent[i] = i;
    for (int i = 0; i < EDGES; i++) {
        int from = (int)(next_random() % NODES);
        edges[i] = (struct edge){(int32_t)(next_random() % NODES), (int32_t)(next_random() % 1000 + 1), first[from]};
        first[from] = i;
        parent[find(from)] = find(edges[i].to);
    }
    for (int source = 0; source < 5; source++) {
        for (int i = 0; i < NODES; i++) best[i] = INT32_MAX;
        best[source] = 0, push((struct entry){0, source});
        while (heap_size) {
            struct entry e = pop();
            if (e.cost > best[e.node]) continue;
            for (int i = first[e.node]; i >= 0; i = edges[i].next) {
                int cost = e.cost + edges[i].weight;
                if (cost < best[edges[i].to]) best[edges[i].to] = cost, push((struct entry){cost, edges[i].to});
            }
        }
        for (int i = 0; i < NODES; i++) check((uint64_t)best[i]);
    }
    int components = 0;
    for (int i = 0; i < NODES; i++) components += find(i) == i;
    check((uint64_t)components);
    carve(1, 1);
    int head = 0, tail = 0;
    queue[tail][0] = 1, queue[tail++][1] = 1, maze[1][1] = 2;
    while (head < tail) {
        int x = queue[head][0], y = queue[head++][1];
        for (int d = 0; d < 4; d++) {
            int nx = x + (d == 0) - (d == 1), ny = y + (d == 2) - (d == 3);
            if (maze[ny][nx] == 1) maze[ny][nx] = 2, queue[tail][0] = (int16_t)nx, queue[tail++][1] = (int16_t)ny;
        }
    }
    check((uint64_t)tail);
    return check_print();
}
