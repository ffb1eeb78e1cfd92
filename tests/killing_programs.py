"""Code that blocks, each in its own way. `{port}` is that of a `StallingServer`."""

_POOL = """
import functools, multiprocessing, time
say = functools.partial(print, 'pool', flush=True)
with multiprocessing.get_context('{method}').Pool(2, say) as pool:
    pool.map(time.sleep, [1000] * 4)
""".strip()

BLOCKING = {
    "loop": "while True:\n    pass",
    "generator with finally": (
        "def numbers():\n    try:\n        while True:\n            yield 1\n    finally:\n        closed.append(1)\n"
        "closed = []\nfor n in numbers():\n    pass"
    ),
    "except Exception": (
        "import time\nwhile True:\n    try:\n        time.sleep(0.01)\n    except Exception:\n        continue"
    ),
    "bare except": "while True:\n    try:\n        sum(range(10))\n    except:\n        pass",
    "nested bare except": (
        "while True:\n    try:\n        try:\n            sum(range(10))\n        except:\n            pass\n"
        "    except:\n        pass"
    ),
    "sleep": "import time\ntime.sleep(1000)",
    "sleep imported before": "sleep(1000)",
    "urlopen before the headers": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')",
    "urlopen in the body": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/body').read()",
    "urlopen with a timeout": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/', timeout=1000)",
    "TLS handshake": (
        "import socket, ssl\ns = socket.create_connection(('127.0.0.1', {port}))\n"
        "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
        "ssl.create_default_context().wrap_socket(s, server_hostname='localhost')"
    ),
    "socket recv": (
        "import socket\ns = socket.create_connection(('127.0.0.1', {port}))\n"
        "s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\ns.recv(1)"
    ),
    "socket recv from nobody": "import socket\na, b = socket.socketpair()\na.recv(1)",
    "udp recv": "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))\ns.recv(1)",
    "accept": "import socket\nsocket.create_server(('127.0.0.1', 0)).accept()",
    "connect": (
        "import socket\nlistener = socket.socket()\nlistener.bind(('127.0.0.1', 0))\nlistener.listen(0)\n"
        "queue = []\nwhile True:\n    queue.append(socket.create_connection(listener.getsockname()))"
    ),
    "select": "import select, socket\na, b = socket.socketpair()\nselect.select([a], [], [])",
    "poll": (
        "import select, socket\na, b = socket.socketpair()\np = select.poll()\np.register(a)\n"
        "p.modify(a, select.POLLIN)\np.poll()"
    ),
    "selector": (
        "import selectors, socket\na, b = socket.socketpair()\ns = selectors.DefaultSelector()\n"
        "s.register(a, selectors.EVENT_READ)\ns.select()"
    ),
    "queue": "import queue\nqueue.Queue().get()",
    "event": "import threading\nthreading.Event().wait()",
    "event with a timeout": "import threading\nthreading.Event().wait(1000)",
    "condition": "import threading\nc = threading.Condition()\nwith c:\n    c.wait()",
    "barrier": "import threading\nthreading.Barrier(2).wait()",
    "semaphore": "import threading\nthreading.Semaphore(0).acquire()",
    "future": "from concurrent.futures import Future\nFuture().result()",
    "thread join": "import threading, time\nt = threading.Thread(target=time.sleep, args=(1000,))\nt.start()\nt.join()",
    "thread pool": (
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as pool:\n"
        "    for _ in range(9):\n        pool.submit(time.sleep, 1000)"
    ),
    "subprocess.run": "import subprocess\nsubprocess.run(['sleep', '1000'])",
    "Popen.wait": "import subprocess\nsubprocess.Popen(['sleep', '1000']).wait()",
    "check_output": "import subprocess\nsubprocess.check_output('sleep 1000; true', shell=True)",
    "grandchildren": "import subprocess\nsubprocess.run('sleep 1000 & sleep 1000 & wait', shell=True)",
    "shell command": "!sleep 1000; true",
    "getoutput": "text = !sleep 1000; true",
    "bash magic": "%%bash\nsleep 1000\ntrue",
    "multiprocessing pool": _POOL.format(method="spawn"),
    "multiprocessing pool that starts": (
        "import multiprocessing, time\nwith multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "    print('pool', flush=True)\n    pool.map(time.sleep, [1000] * 4)"
    ),
    "multiprocessing pool that forks": _POOL.format(method="fork"),
    "asyncio sleep": "import asyncio\nawait asyncio.sleep(1000)",
    "asyncio gather": "import asyncio\nawait asyncio.gather(asyncio.sleep(1000), asyncio.sleep(1000))",
    "asyncio loop": "import asyncio\nawait asyncio.sleep(0)\nwhile True:\n    pass",
    "asyncio to thread": "import asyncio, time\nawait asyncio.to_thread(time.sleep, 1000)",
    "asyncio subprocess": ("import asyncio\np = await asyncio.create_subprocess_exec('sleep', '1000')\nawait p.wait()"),
    "swallowed cancellation": (
        "import asyncio\nwhile True:\n    try:\n        await asyncio.sleep(1000)\n"
        "    except asyncio.CancelledError:\n        pass"
    ),
}
