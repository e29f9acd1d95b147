using System.Runtime.InteropServices;

namespace Beamtime.Data.Compute;

/// <summary>Memory for numbers outside the collected heap, zeroed, on cache lines: a register's load never crosses two.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const nuint CacheLine = 64;

    /// <summary>Room for this many numbers.</summary>
    /// <param name="length">Numbers, at least 1.</param>
    public AlignedBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        Address = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), CacheLine);
        NativeMemory.Clear(Address, (nuint)length * sizeof(float));
    }

    /// <summary>Releases the memory of a buffer that was never disposed of.</summary>
    ~AlignedBuffer() => Free();

    /// <summary>The first number.</summary>
    public float* Address { get; private set; }

    /// <summary>How many numbers there are.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Address);
        Address = null;
    }
}
