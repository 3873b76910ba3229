// Trees and lists on the heap: AVL, trie, skip list, a list sorted by merging, a queue of tasks with functions.
#include "check.h"
#include <stdlib.h>
#include <string.h>

struct avl { struct avl *left, *right; uint32_t key; int8_t height; };
static int height(const struct avl *n) { return n ? n->height : 0; }
static void update(struct avl *n) { int l = height(n->left), r = height(n->right); n->height = (int8_t)((l > r ? l : r) + 1); }
static struct avl *turn_right(struct avl *n) { struct avl *l = n->left; n->left = l->right, l->right = n, update(n), update(l); return l; }
static struct avl *turn_left(struct avl *n) { struct avl *r = n->right; n->right = r->left, r->left = n, update(n), update(r); return r; }

static struct avl *insert(struct avl *n, uint32_t key) {
    if (!n) {
        n = calloc(1, sizeof *n), n->key = key, n->height = 1;
        return n;
    }
    if (key < n->key) n->left = insert(n->left, key); else if (key > n->key) n->right = insert(n->right, key); else return n;
    update(n);
    int balance = height(n->left) - height(n->right);
    if (balance > 1) {
        if (key > n->left->key) n->left = turn_left(n->left);
        return turn_right(n);
    }
    if (balance < -1) {
        if (key < n->right->key) n->right = turn_right(n->right);
        return turn_left(n);
    }
    return n;
}

static void walk(const struct avl *n, uint32_t *sum) {
    if (!n) return;
    walk(n->left, sum), *sum = *sum * 31 + n->key, walk(n->right, sum);
}

struct trie { struct trie *next[16]; uint32_t count; };
static void count_word(struct trie *t, uint32_t word) {
    for (; word; word >>= 4) {
        struct trie **next = &t->next[word & 15];
        if (!*next) *next = calloc(1, sizeof **next);
        t = *next;
    }
    t->count++;
}
static uint32_t most(const struct trie *t) {
    uint32_t best = t->count;
    for (int i = 0; i < 16; i++) if (t->next[i]) { uint32_t m = most(t->next[i]); if (m > best) best = m; }
    return best;
}

struct link { struct link *next; int32_t value; };
static struct link *merge(struct link *a, struct link *b) {
    struct link head = {0}, *end = &head;
    while (a && b) {
        struct link **less = a->value <= b->value ? &a : &b;
        end->next = *less, end = *less, *less = (*less)->next;
    }
    end->next = a ? a : b;
    return head.next;
}
static struct link *sort(struct link *list) {
    if (!list || !list->next) return list;
    struct link *slow = list, *fast = list->next;
    while (fast && fast->next) slow = slow->next, fast = fast->next->next;
    fast = slow->next, slow->next = NULL;
    return merge(sort(list), sort(fast));
}

struct skip { uint32_t key; struct skip *next[8]; };
static struct skip heads;
static void skip_insert(uint32_t key) {
    struct skip *at = &heads, *before[8], *node = calloc(1, sizeof *node);
    for (int level = 7; level >= 0; level--) {
        while (at->next[level] && at->next[level]->key < key) at = at->next[level];
        before[level] = at;
    }
    node->key = key;
    int levels = 1 + __builtin_ctz(next_random() | 128);
    for (int level = 0; level < levels; level++) node->next[level] = before[level]->next[level], before[level]->next[level] = node;
}

typedef uint32_t (*task)(uint32_t);
static uint32_t twice(uint32_t x) { return x * 2; }
static uint32_t mix(uint32_t x) { return (x ^ x >> 15) * 0x2C1B3C6Du; }
static uint32_t digits(uint32_t x) { uint32_t s = 0; for (; x; x /= 10) s += x % 10; return s; }
static uint32_t bits(uint32_t x) { return (uint32_t)__builtin_popcount(x); }

int main(void) {
    struct avl *root = NULL;
    struct trie *trie = calloc(1, sizeof *trie);
    struct link *list = NULL;
    uint32_t sum = 0;
    for (int i = 0; i < 12000; i++) root = insert(root, next_random() % 100000);
    walk(root, &sum), check(sum), check((uint64_t)height(root));
    for (int i = 0; i < 20000; i++) count_word(trie, next_random() & next_random() & 0xFFFF);
    check(most(trie));
    for (int i = 0; i < 15000; i++) {
        struct link *l = malloc(sizeof *l);
        *l = (struct link){list, (int32_t)next_random()}, list = l;
    }
    list = sort(list);
    for (struct link *l = list; l->next; l = l->next) sum = sum * 7 + (uint32_t)(l->value < l->next->value);
    while (list) { struct link *l = list; list = l->next; free(l); }
    for (int i = 0; i < 6000; i++) skip_insert(next_random() % 1000000);
    for (struct skip *s = heads.next[0]; s; s = s->next[0]) sum = sum * 31 + s->key;
    static const task tasks[] = {twice, mix, digits, bits};
    for (uint32_t i = 0; i < 60000; i++) sum += tasks[(sum ^ i) & 3](sum + i);
    check(sum);
    return check_print();
}
