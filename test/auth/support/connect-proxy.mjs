// A proxy as sites have it, in a process of its own: CONNECT and nothing else. Prints its port, then what it is asked for.
//   node connect-proxy.mjs STATUS PORT [USER:PASSWORD]
//     STATUS other than 200 refuses; connections go to PORT of this machine; whoever does not say USER:PASSWORD gets 407
import {createServer} from 'node:http';
import {connect} from 'node:net';

const [status, port] = process.argv.slice(2).map(Number);
const credentials = process.argv[4];
const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
const proxy = createServer((_, answer) => answer.writeHead(405).end());
proxy.on('connect', (question, socket) => {
  console.log(question.url);
  socket.on('error', () => {});
  if (wanted && question.headers['proxy-authorization'] !== wanted)
    return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="site"\r\n\r\n');
  socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
  if (status !== 200) return socket.end();
  const through = connect(port, '127.0.0.1');
  through.on('error', () => socket.destroy());
  through.pipe(socket).pipe(through);
});
proxy.listen(0, '127.0.0.1', () => console.log(proxy.address().port));
