using System.Threading.Channels;

namespace Beamtime.Bench.Scans;

/// <summary>
/// The messages of a step scan with nothing in them: for each point an instruction and its answer, a command and its
/// acknowledgement for the move and for each reading, and the row on its way to a bundler and from there to a writer.
/// </summary>
internal sealed class EmptyMailboxes : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Message> _instructions = Bounded<Message>(1024);
    private readonly Channel<Message>[] _devices;
    private readonly Channel<object> _readings = Bounded<object>(8192);
    private readonly Channel<object> _points = Bounded<object>(8192);
    private readonly Task[] _loops;
    private TaskCompletionSource _written = new();
    private int _awaited;

    /// <summary>Mailboxes with a loop each.</summary>
    /// <param name="devices">Devices read at each point; the first is also moved.</param>
    public EmptyMailboxes(int devices)
    {
        _devices = [.. Enumerable.Range(0, devices).Select(_ => Bounded<Message>(16))];
        _loops = [ServeAsync(), BundleAsync(), WriteAsync(), .. _devices.Select(AcknowledgeAsync)];
    }

    /// <summary>Sends the messages of so many points and waits until the last row has arrived.</summary>
    /// <param name="points">Points.</param>
    public async Task RunAsync(int points)
    {
        _awaited = points;
        _written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var point = 0; point < points; point++)
        {
            var instruction = new Message();
            await _instructions.Writer.WriteAsync(instruction);
            await instruction.Task;
        }

        await _written.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (await _instructions.Reader.WaitToReadAsync(_stop.Token))
        {
            while (_instructions.Reader.TryRead(out var instruction))
            {
                _ = PointAsync(instruction);
            }
        }
    }

    private async Task PointAsync(Message instruction)
    {
        var move = new Message();
        await _devices[0].Writer.WriteAsync(move);
        await move.Task;
        var reads = new Message[_devices.Length];
        for (var device = 0; device < reads.Length; device++)
        {
            reads[device] = new Message();
            await _devices[device].Writer.WriteAsync(reads[device]);
        }

        foreach (var read in reads)
        {
            await read.Task;
        }

        await _readings.Writer.WriteAsync(instruction);
        instruction.SetResult();
    }

    private async Task AcknowledgeAsync(Channel<Message> mailbox)
    {
        while (await mailbox.Reader.WaitToReadAsync(_stop.Token))
        {
            while (mailbox.Reader.TryRead(out var command))
            {
                command.SetResult();
            }
        }
    }

    private async Task BundleAsync()
    {
        while (await _readings.Reader.WaitToReadAsync(_stop.Token))
        {
            while (_readings.Reader.TryRead(out var row))
            {
                await _points.Writer.WriteAsync(row);
            }
        }
    }

    private async Task WriteAsync()
    {
        while (await _points.Reader.WaitToReadAsync(_stop.Token))
        {
            while (_points.Reader.TryRead(out _))
            {
                if (--_awaited == 0)
                {
                    _written.SetResult();
                }
            }
        }
    }

    private static Channel<T> Bounded<T>(int capacity) => Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private sealed class Message() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
}
