"""SQLite, through Python's module: a database in a file, with an index, transactions, joins and windows."""

import os
import sqlite3

print("SQLite", sqlite3.sqlite_version)
database = sqlite3.connect("/project/shop.db")
database.executescript(
    """
    PRAGMA page_size = 1024;
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer, cents INTEGER NOT NULL);
    CREATE INDEX sale_of_customer ON sale (customer);
    """
)
names = ["Ada", "Boris", "Chen", "Dalia", "Emeka"]
with database:
    database.executemany("INSERT INTO customer (name) VALUES (?)", [(name,) for name in names])
    sales = [(n * 7 % 5 + 1, n * n * 31 % 9973) for n in range(5000)]
    database.executemany("INSERT INTO sale (customer, cents) VALUES (?, ?)", sales)

# What fails in a transaction leaves nothing behind.
try:
    with database:
        database.execute("DELETE FROM sale")
        database.execute("INSERT INTO customer (name) VALUES ('Ada')")
except sqlite3.IntegrityError as error:
    print("rolled back:", error)
database.close()

# What was written is there for the next connection.
database = sqlite3.connect("/project/shop.db")
print("pages:", os.path.getsize("/project/shop.db") // 1024)
print("integrity:", *database.execute("PRAGMA integrity_check").fetchone())
query = """
    SELECT name, count(*), sum(cents), round(avg(cents), 3), max(cents)
    FROM sale JOIN customer ON customer.id = sale.customer GROUP BY name ORDER BY sum(cents) DESC
"""
for row in database.execute(query):
    print(*row, sep=" | ")
query = """
    WITH RECURSIVE fibonacci (a, b) AS (SELECT 0, 1 UNION ALL SELECT b, a + b FROM fibonacci WHERE b < 1000)
    SELECT group_concat(a, ' ') FROM fibonacci
"""
print(*database.execute(query).fetchone())
query = """
    SELECT id, cents, rank() OVER (ORDER BY cents DESC) AS place FROM sale WHERE customer = 3 ORDER BY place, id LIMIT 3
"""
for row in database.execute(query):
    print(*row, sep=" | ")
print(*database.execute("SELECT name FROM customer WHERE name LIKE '%a' ORDER BY name").fetchall())
