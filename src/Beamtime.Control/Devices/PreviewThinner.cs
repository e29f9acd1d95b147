using System.Runtime.InteropServices;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>Makes frames small enough for viewers: every n-th row and column, so that counts stay counts.</summary>
internal static class PreviewThinner
{
    /// <summary>Rows and columns of a frame that viewers get, at most.</summary>
    public const int LargestSide = 256;

    /// <summary>Points of a curve that viewers get, at most.</summary>
    public const int LongestCurve = 4096;

    /// <summary>A frame as viewers get it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="signal">What it shows.</param>
    /// <param name="frame">The frame; one whose pixels are not as many as it says is not shown.</param>
    /// <returns>Null for a frame that cannot be shown.</returns>
    public static DevicePreview? Thin(string device, PreviewSignal signal, PreviewFrame frame)
    {
        if (frame.Rows < 1 || frame.Columns < 1 || (long)frame.Rows * frame.Columns != frame.Pixels.Length)
        {
            return null;
        }

        var longest = frame.Rows == 1 ? LongestCurve : LargestSide;
        var stride = Math.Max(Strided(frame.Rows, LargestSide), Strided(frame.Columns, longest));
        var (rows, columns) = (Strided(frame.Rows, stride), Strided(frame.Columns, stride));
        var thinned = new float[rows * columns];
        var pixels = frame.Pixels.Span;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                thinned[(row * columns) + column] = pixels[(row * stride * frame.Columns) + (column * stride)];
            }
        }

        return new DevicePreview(
            device,
            signal.Name,
            rows,
            columns,
            frame.Rows,
            frame.Columns,
            signal.QuarterTurns,
            signal.IsTransposed,
            MemoryMarshal.AsBytes(thinned.AsSpan()).ToArray(),
            frame.At);
    }

    private static int Strided(int length, int by) => (length + by - 1) / by;
}

/// <summary>A frame or curve of a device, thinned for viewers.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">What it shows.</param>
/// <param name="Rows">Rows of what is here; 1 for a curve.</param>
/// <param name="Columns">Columns of what is here.</param>
/// <param name="FullRows">Rows of the frame itself.</param>
/// <param name="FullColumns">Columns of the frame itself.</param>
/// <param name="QuarterTurns">How often to turn it by 90 degrees to the left.</param>
/// <param name="IsTransposed">Whether to swap rows and columns, before turning.</param>
/// <param name="Pixels">32-bit floating point numbers, the least byte first, row by row.</param>
/// <param name="At">When it was taken, UTC.</param>
internal sealed record DevicePreview(
    string Device,
    string Signal,
    int Rows,
    int Columns,
    int FullRows,
    int FullColumns,
    int QuarterTurns,
    bool IsTransposed,
    byte[] Pixels,
    DateTimeOffset At);

/// <summary>How far a device is.</summary>
/// <param name="Device">The device.</param>
/// <param name="Value">What is done.</param>
/// <param name="Most">What there is to do.</param>
/// <param name="IsDone">Whether it has ended.</param>
internal sealed record DeviceProgressed(string Device, double Value, double Most, bool IsDone);
