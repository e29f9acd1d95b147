using System.Buffers;
using System.Security.Cryptography;
using Beamtime.Data.Storage;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Data.Transfers;

/// <summary>The checksum of a whole file, read from the disk and not from the cache.</summary>
internal static class FileHash
{
    private const int Block = 256 << 10;

    /// <summary>Reads a file anew and returns its lower-case SHA-256.</summary>
    /// <param name="path">An existing file.</param>
    /// <param name="progress">Hears of the bytes read, or null.</param>
    /// <param name="time">The clock of the rate.</param>
    /// <param name="cancel">Stops between two blocks.</param>
    public static Task<string> OfAsync(
        string path, IProgress<TransferProgress>? progress, TimeProvider time, CancellationToken cancel) =>
        CopyThread.RunAsync("hash " + Path.GetFileName(path), () =>
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            FileCalls.DropCache(file);
            return Of(file, new ProgressMeter(RandomAccess.GetLength(file), progress, time), cancel);
        });

    private static string Of(SafeFileHandle file, ProgressMeter meter, CancellationToken cancel)
    {
        FileCalls.ReadInOrder(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            for (long at = 0; ;)
            {
                cancel.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, block.AsSpan(0, Block), at);
                if (read == 0)
                {
                    return Convert.ToHexStringLower(hash.GetHashAndReset());
                }

                hash.AppendData(block, 0, read);
                meter.Add(read);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
