using System.Collections.Concurrent;
using System.Security.Cryptography;
using Beamtime.Data.Storage;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Data.Transfers;

/// <summary>
/// Moves the bytes of one file: one thread reads and hashes, another writes and has the disk begin at once. A few blocks
/// go round between them; when all are full, the reader waits.
/// </summary>
internal sealed class CopyPipe : IDisposable
{
    // Small enough that what one thread read is still in the caches when the other writes it: with 1 MiB it takes twice as long.
    private const int BlockBytes = 128 << 10;
    private const int Blocks = 16;
    private const long WritebackBytes = 8 << 20;

    private readonly BlockingCollection<byte[]> _free = new(Blocks);
    private readonly BlockingCollection<(byte[] Block, int Length)> _full = new(Blocks);
    private readonly SafeFileHandle _source;
    private readonly SafeFileHandle _target;
    private readonly ProgressMeter _meter;
    private readonly CancellationTokenSource _stop;

    /// <summary>A pipe between two open files.</summary>
    /// <param name="source">The file to read, from its begin.</param>
    /// <param name="target">The file to write, empty.</param>
    /// <param name="meter">Counts the bytes written.</param>
    /// <param name="cancel">Stops both threads.</param>
    public CopyPipe(SafeFileHandle source, SafeFileHandle target, ProgressMeter meter, CancellationToken cancel)
    {
        (_source, _target, _meter) = (source, target, meter);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        for (var i = 0; i < Blocks; i++)
        {
            _free.Add(GC.AllocateUninitializedArray<byte>(BlockBytes), CancellationToken.None);
        }
    }

    /// <summary>Moves all bytes and syncs the target.</summary>
    /// <returns>How many there were, and the lower-case SHA-256 of what was read.</returns>
    public async Task<(long Bytes, string Sha256)> RunAsync()
    {
        var reading = CopyThread.RunAsync("copy: read", Guarded(Read));
        var writing = CopyThread.RunAsync("copy: write", Guarded(Write));
        Task[] both = [reading, writing];
        await Task.WhenAll(both).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Whichever failed first stopped the other, whose cancellation would hide the cause.
        foreach (var failed in both.Where(t => t.IsFaulted))
        {
            await failed;
        }

        await writing;
        return await reading;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Dispose();
        _free.Dispose();
        _full.Dispose();
    }

    private Func<T> Guarded<T>(Func<T> work) => () =>
    {
        try
        {
            return work();
        }
        catch
        {
            _stop.Cancel();
            throw;
        }
    };

    private (long Bytes, string Sha256) Read()
    {
        FileCalls.ReadInOrder(_source);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; ;)
        {
            var block = _free.Take(_stop.Token);
            var read = Fill(block, at);
            if (read == 0)
            {
                _full.CompleteAdding();
                return (at, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }

            hash.AppendData(block, 0, read);
            _full.Add((block, read), _stop.Token);
            at += read;
        }
    }

    private int Fill(byte[] block, long at)
    {
        var filled = 0;
        while (filled < block.Length)
        {
            var read = RandomAccess.Read(_source, block.AsSpan(filled), at + filled);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }

    private bool Write()
    {
        long at = 0, begun = 0;
        foreach (var (block, length) in _full.GetConsumingEnumerable(_stop.Token))
        {
            RandomAccess.Write(_target, block.AsSpan(0, length), at);
            at += length;
            _free.Add(block, _stop.Token);
            _meter.Add(length);
            if (at - begun >= WritebackBytes)
            {
                FileCalls.BeginWriteback(_target, begun, at - begun);
                begun = at;
            }
        }

        RandomAccess.FlushToDisk(_target);
        return true;
    }
}
