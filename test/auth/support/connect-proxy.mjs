// A proxy as sites have it, in a process of its own: CONNECT and nothing else. Prints its port, then what it is asked for.
//   node connect-proxy.mjs STATUS PORT     STATUS other than 200 refuses; connections go to PORT of this machine
import {createServer} from 'node:http';
import {connect} from 'node:net';

const [status, port] = process.argv.slice(2).map(Number);
const proxy = createServer((_, answer) => answer.writeHead(405).end());
proxy.on('connect', (question, socket) => {
  console.log(question.url);
  socket.on('error', () => {});
  socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
  if (status !== 200) return socket.end();
  const through = connect(port, '127.0.0.1');
  through.on('error', () => socket.destroy());
  through.pipe(socket).pipe(through);
});
proxy.listen(0, '127.0.0.1', () => console.log(proxy.address().port));
