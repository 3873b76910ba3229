// Classes, generators, regular expressions, big integers, typed arrays, JSON, dates, promises, a file.
import * as std from "qjs:std";

class Queue {
    #heap = [];
    push(item) {
        let at = this.#heap.push(item) - 1;
        while (at > 0 && this.#heap[at][0] < this.#heap[(at - 1) >> 1][0]) {
            const parent = (at - 1) >> 1;
            [this.#heap[at], this.#heap[parent]] = [this.#heap[parent], this.#heap[at]];
            at = parent;
        }
    }
    pop() {
        const least = this.#heap[0];
        const last = this.#heap.pop();
        if (this.#heap.length > 0) {
            this.#heap[0] = last;
            for (let at = 0; ; ) {
                const [left, right] = [2 * at + 1, 2 * at + 2];
                let small = at;
                if (left < this.#heap.length && this.#heap[left][0] < this.#heap[small][0]) small = left;
                if (right < this.#heap.length && this.#heap[right][0] < this.#heap[small][0]) small = right;
                if (small === at) break;
                [this.#heap[at], this.#heap[small]] = [this.#heap[small], this.#heap[at]];
                at = small;
            }
        }
        return least;
    }
}

function* primes() {
    const queue = new Queue();
    queue.push([Infinity, 0]);
    for (let n = 2; ; n++) {
        let [next, step] = queue.pop();
        if (next > n) {
            yield n;
            queue.push([n * n, n]);
            queue.push([next, step]);
            continue;
        }
        while (next === n) {
            queue.push([next + step, step]);
            [next, step] = queue.pop();
        }
        queue.push([next, step]);
    }
}

let count = 0;
let last = 0;
for (const prime of primes()) {
    if (prime > 1000) break;
    count += 1;
    last = prime;
}
console.log("primes:", count, last);

let factorial = 1n;
for (let n = 1n; n <= 60n; n++) factorial *= n;
console.log("60! =", String(factorial));

const text = "2024-02-29, 1999-12-31 and 2000-01-01";
const dates = [...text.matchAll(/(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)/gu)];
console.log("dates:", dates.map(({ groups: { year, month, day } }) => `${day}.${month}.${year}`).join(" "));
console.log("leap day:", new Date(Date.UTC(2024, 1, 29)).toISOString());

const bytes = new Uint8Array(256).map((_, n) => (n * 167 + 13) & 255);
const view = new DataView(bytes.buffer);
console.log("views:", view.getInt16(10), view.getUint32(20, true), view.getFloat64(32).toExponential(6));

const tree = { name: "root", children: Array.from({ length: 3 }, (_, n) => ({ name: `leaf ${n}`, size: n / 3 })) };
console.log(JSON.stringify(tree));
console.log("floats:", 0.1 + 0.2, Math.sqrt(2), (1e21).toString(), (123.456).toFixed(1), 5e-324);
console.log("words:", "the rain in spain stays mainly in the plain".split(" ").sort().join(" "));

const file = std.open("/project/squares.txt", "w");
for (let n = 0; n < 1000; n++) file.puts(`${n * n}\n`);
file.close();
const sum = std.loadFile("/project/squares.txt").trim().split("\n").reduce((total, line) => total + Number(line), 0);
console.log("sum of squares:", sum);

const later = async (value) => (await null, value * 2);
const settled = await Promise.allSettled([later(21), Promise.reject(new RangeError("no"))]);
console.log("promises:", settled.map(({ value, reason }) => value ?? `${reason}`).join(", "));
