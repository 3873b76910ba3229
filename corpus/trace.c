// Rays through spheres in single precision, and noise on a grid.
#include "check.h"
#include <math.h>

typedef struct { float x, y, z; } vec;
static inline vec add(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static inline vec sub(vec a, vec b) { return (vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static inline vec scale(vec a, float s) { return (vec){a.x * s, a.y * s, a.z * s}; }
static inline float dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec normal(vec a) { return scale(a, 1 / sqrtf(dot(a, a))); }

struct sphere { vec center; float radius, shine; };
enum { SPHERES = 9 };
static struct sphere spheres[SPHERES];

static float hit(const struct sphere *s, vec from, vec direction) {
    vec to = sub(s->center, from);
    float along = dot(to, direction), rest = s->radius * s->radius - dot(to, to) + along * along;
    if (rest < 0) return -1;
    float near = along - sqrtf(rest);
    return near > 1e-3f ? near : -1;
}

static float trace(vec from, vec direction, int depth) {
    const struct sphere *found = 0;
    float nearest = 1e9f;
    for (int i = 0; i < SPHERES; i++) {
        float t = hit(&spheres[i], from, direction);
        if (t > 0 && t < nearest) nearest = t, found = &spheres[i];
    }
    if (!found) return 0.5f + 0.5f * direction.y;
    vec at = add(from, scale(direction, nearest)), n = normal(sub(at, found->center)), light = {0.57735f, 0.57735f, -0.57735f};
    float bright = fmaxf(dot(n, light), 0);
    for (int i = 0; i < SPHERES && bright > 0; i++) if (hit(&spheres[i], at, light) > 0) bright *= 0.3f;
    if (depth == 0) return bright;
    return bright * (1 - found->shine) + found->shine * trace(at, sub(direction, scale(n, 2 * dot(n, direction))), depth - 1);
}

static float fade(float t) { return t * t * t * (t * (t * 6 - 15) + 10); }
static float corner(int x, int y, float dx, float dy) {
    uint32_t h = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u;
    h = (h ^ h >> 13) * 1274126177u;
    switch (h >> 30) {
    case 0: return dx + dy;
    case 1: return dx - dy;
    case 2: return dy - dx;
    default: return -dx - dy;
    }
}

static float noise(float x, float y) {
    int ix = (int)floorf(x), iy = (int)floorf(y);
    float fx = x - (float)ix, fy = y - (float)iy, u = fade(fx), v = fade(fy);
    float a = corner(ix, iy, fx, fy), b = corner(ix + 1, iy, fx - 1, fy);
    float c = corner(ix, iy + 1, fx, fy - 1), d = corner(ix + 1, iy + 1, fx - 1, fy - 1);
    a += u * (b - a), c += u * (d - c);
    return a + v * (c - a);
}

int main(void) {
    for (int i = 0; i < SPHERES; i++)
        spheres[i] = (struct sphere){{(float)(i % 3) * 2 - 2, (float)(i / 3) * 2 - 2, 6 + (float)(i & 1)}, 0.8f + 0.1f * (float)(i % 4), 0.1f * (float)i};
    for (int y = 0; y < 90; y++)
        for (int x = 0; x < 120; x++) {
            vec direction = normal((vec){(float)(x - 60) / 60, (float)(45 - y) / 60, 1});
            check((uint64_t)(trace((vec){0, 0, 0}, direction, 3) * 255));
        }
    for (int y = 0; y < 100; y++)
        for (int x = 0; x < 100; x++) {
            float sum = 0, size = 1;
            for (int octave = 1; octave <= 16; octave *= 2, size /= 2) sum += size * noise((float)(x * octave) / 17, (float)(y * octave) / 17);
            check((uint64_t)(int64_t)(sum * 1000));
        }
    return check_print();
}
