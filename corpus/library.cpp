// The C++ library: maps, strings, vectors, sorting with comparisons, virtual functions, shared pointers.
#include "check.h"
#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual const char *name() const { return "shape"; }
};
struct Box final : Shape {
    double w, h;
    Box(double w, double h) : w(w), h(h) {}
    double area() const override { return w * h; }
    const char *name() const override { return "box"; }
};
struct Disc final : Shape {
    double r;
    explicit Disc(double r) : r(r) {}
    double area() const override { return 3.141592653589793 * r * r; }
};

struct Item { std::string name; int price; double weight; };

int main() {
    std::map<std::string, int> counts;
    std::unordered_map<std::string, std::vector<int>> places;
    for (int i = 0; i < 8000; i++) {
        std::string word;
        for (unsigned length = 1 + next_random() % 3; length; length--) word += static_cast<char>('a' + next_random() % 8);
        counts[word]++, places[word].push_back(i);
    }
    for (const auto &[word, count] : counts) check(static_cast<uint64_t>(count) * word.size() + places[word].back());
    std::vector<Item> items;
    for (int i = 0; i < 3000; i++) items.push_back({"item " + std::to_string(next_random() % 1000), static_cast<int>(next_random() % 500), next_random() % 100 / 7.0});
    std::sort(items.begin(), items.end(), [](const Item &a, const Item &b) { return a.price != b.price ? a.price < b.price : a.name < b.name; });
    std::stable_sort(items.begin(), items.end(), [](const Item &a, const Item &b) { return a.weight < b.weight; });
    for (const Item &item : items) check(static_cast<uint64_t>(item.price) + item.name.size());
    std::vector<std::unique_ptr<Shape>> shapes;
    for (int i = 0; i < 2000; i++)
        if (next_random() % 2) shapes.push_back(std::make_unique<Box>(i % 10, i % 7)); else shapes.push_back(std::make_unique<Disc>(i % 5));
    double total = 0;
    for (int round = 0; round < 20; round++) for (const auto &shape : shapes) total += shape->area() + shape->name()[0];
    check(static_cast<uint64_t>(total));
    std::deque<int> queue{1};
    std::set<int> seen{1};
    while (!queue.empty() && seen.size() < 3000) {
        int n = queue.front();
        queue.pop_front();
        for (int next : {n * 2, n + 7, n / 3 + 1}) if (next < 100000 && seen.insert(next).second) queue.push_back(next);
    }
    check(std::accumulate(seen.begin(), seen.end(), 0ull));
    std::vector<std::function<int(int)>> steps{[](int x) { return x + 3; }, [&](int x) { return x ^ static_cast<int>(seen.size()); }, [](int x) { return x * 5 % 1009; }};
    int value = 1;
    for (int i = 0; i < 30000; i++) value = steps[static_cast<size_t>(i) % steps.size()](value);
    check(static_cast<uint64_t>(value));
    std::string text;
    for (int i = 0; i < 2000; i++) text += std::to_string(i) + (i % 9 ? "," : "\n");
    size_t lines = 0;
    for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at++) lines++, text.replace(at, 1, " ; ");
    check(lines), check(std::hash<std::string>{}(text) != 0);
    return check_print();
}
