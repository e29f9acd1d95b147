using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Beamtime.Bench.Scans;

/// <summary>
/// The way of a scan's points over Redis by bare clients, one message at a time: an instruction goes out, its answer comes
/// back and the readings go on to a bundler and from there to a writer. Each client is a thread with a blocking socket.
/// </summary>
/// <param name="socket">The server's Unix socket.</param>
internal sealed class BareStreams(string socket)
{
    private static readonly string Body = new('x', 300);

    /// <summary>Takes so many points.</summary>
    /// <param name="points">Points.</param>
    /// <returns>When the last one has arrived at the writer.</returns>
    public async Task RunAsync(int points)
    {
        using (var client = new Client(socket))
        {
            client.Ask("FLUSHALL");
        }

        await Task.WhenAll(
            OnThreadAsync(client =>
            {
                using var answers = new Client(socket);
                for (var point = 1; point <= points; point++)
                {
                    client.Add("instructions", point);
                    answers.Await("answers", point);
                }
            }),
            OnThreadAsync(client =>
            {
                using var instructions = new Client(socket);
                for (var point = 1; point <= points; point++)
                {
                    instructions.Await("instructions", point);
                    client.Add("readings", point);
                    client.Add("answers", point);
                }
            }),
            OnThreadAsync(client =>
            {
                using var readings = new Client(socket);
                for (var point = 1; point <= points; point++)
                {
                    readings.Await("readings", point);
                    client.Add("points", point);
                }
            }),
            OnThreadAsync(client =>
            {
                for (var point = 1; point <= points; point++)
                {
                    client.Await("points", point);
                }
            }));
    }

    private Task OnThreadAsync(Action<Client> run) => Task.Factory.StartNew(
        () =>
        {
            using var client = new Client(socket);
            run(client);
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private sealed class Client : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _start;
        private int _end;

        public Client(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

        public void Add(string stream, int point) => Ask("XADD", stream, $"0-{point}", "m", Body);

        public void Await(string stream, int point) =>
            Ask("XREAD", "BLOCK", "0", "COUNT", "1", "STREAMS", stream, $"0-{point - 1}");

        public void Ask(params ReadOnlySpan<string> words)
        {
            var command = new StringBuilder().Append('*').Append(words.Length).Append("\r\n");
            foreach (var word in words)
            {
                command.Append('$').Append(word.Length).Append("\r\n").Append(word).Append("\r\n");
            }

            _socket.Send(Encoding.ASCII.GetBytes(command.ToString()));
            Skip();
        }

        public void Dispose() => _socket.Dispose();

        // Reads one answer and forgets it.
        private void Skip()
        {
            var line = Line();
            var kind = (char)line[0];
            var isCounted = Utf8Parser.TryParse(line[1..], out int count, out _);
            switch (kind)
            {
                case '-':
                    throw new InvalidOperationException(Encoding.ASCII.GetString(line));
                case '$' when isCounted && count >= 0:
                    Take(count + 2);
                    break;
                case '*' when isCounted:
                    for (var item = 0; item < count; item++)
                    {
                        Skip();
                    }

                    break;
            }
        }

        private ReadOnlySpan<byte> Line()
        {
            int length;
            while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
            {
                Fill();
            }

            var line = _buffer.AsSpan(_start, length);
            _start += length + 2;
            return line;
        }

        private void Take(int bytes)
        {
            while (_end - _start < bytes)
            {
                Fill();
            }

            _start += bytes;
        }

        private void Fill()
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = _socket.Receive(_buffer.AsSpan(_end));
            _end += read > 0 ? read : throw new EndOfStreamException();
        }
    }
}
