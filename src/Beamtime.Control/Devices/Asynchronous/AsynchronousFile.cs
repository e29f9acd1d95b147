using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>A file with the asynchronous data of one device and one scan, beside the scan's master file.</summary>
/// <param name="FileName">Name within the scan's folder.</param>
/// <param name="Signals">The signals that it keeps.</param>
internal sealed record AsynchronousFile(string FileName, IReadOnlyList<AsynchronousSignal> Signals);

/// <summary>How far an asynchronous signal is: what viewers are told, a few times a second.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal.</param>
/// <param name="Pieces">Pieces that were given so far.</param>
/// <param name="Shape">The shape that can be read in the file; for rows of any length how many rows there are.</param>
/// <param name="At">When the last piece was taken, UTC.</param>
internal sealed record AsynchronousIndex(
    Guid Scan, string Device, string Signal, long Pieces, IReadOnlyList<long> Shape, DateTimeOffset At);

/// <summary>Where things stand in a file of asynchronous data.</summary>
internal static class AsynchronousLayout
{
    /// <summary>How the names of such files end.</summary>
    public const string Ending = "_async.h5";

    /// <summary>Being written, or left by a writer that died.</summary>
    public const int Writing = 0;

    /// <summary>Everything that the device gave is in it.</summary>
    public const int Complete = 1;

    /// <summary>Writing failed; what came before is in it.</summary>
    public const int Failed = 2;

    /// <summary>The state of the whole file, a number.</summary>
    public const string State = "/entry/state";

    /// <summary>The group of a signal.</summary>
    /// <param name="signal">Its name.</param>
    public static string Group(string signal) => $"/entry/signals/{signal}";

    /// <summary>The values of a signal.</summary>
    /// <param name="signal">Its name.</param>
    public static string Values(string signal) => $"{Group(signal)}/value";

    /// <summary>When each piece was taken, s since 1970.</summary>
    /// <param name="signal">The signal's name.</param>
    public static string Timestamps(string signal) => $"{Group(signal)}/timestamp";

    /// <summary>Values in each row, for rows of any length and for slices.</summary>
    /// <param name="signal">The signal's name.</param>
    public static string Lengths(string signal) => $"{Group(signal)}/row_length";

    /// <summary>The shape of a value that replaces another; no row before the first.</summary>
    /// <param name="signal">The signal's name.</param>
    public static string Shape(string signal) => $"{Group(signal)}/shape";

    /// <summary>Values that did not fit and were left out.</summary>
    /// <param name="signal">The signal's name.</param>
    public static string Cut(string signal) => $"{Group(signal)}/cut";

    /// <summary>True for rows of any length, which the file keeps as values and lengths.</summary>
    /// <param name="signal">The signal.</param>
    public static bool HasOpenRows(AsynchronousSignal signal) =>
        signal.Update != AsynchronousUpdate.Replace && signal.MaxShape is [_, null];

    /// <summary>Why a signal cannot be kept; null when it can.</summary>
    /// <param name="signal">The signal.</param>
    public static string? Mistake(AsynchronousSignal signal) => signal switch
    {
        { Name: var name } when name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') =>
            $"'{name}' is no name for a signal",
        { MaxShape: var shape } when shape.Any(axis => axis <= 0) => $"{signal.Name} states an axis that is not above 0",
        { Compression: { } compression } when H5Compression.Find(compression) is not { IsAvailable: true } =>
            $"{signal.Name} states the compression '{compression}', which is not one of "
                + string.Join(", ", H5Compression.All.Where(c => c.IsAvailable).Select(c => c.Name)),
        { Update: AsynchronousUpdate.Replace } => null,
        { MaxShape: [] } => $"{signal.Name} states no axis to grow along",
        { Update: AsynchronousUpdate.AddSlice, MaxShape.Count: not 2 } => $"{signal.Name} takes slices and states not two axes",
        { MaxShape: [_, null] } => null,
        { MaxShape: var shape } when shape.Skip(1).Any(axis => axis is null) =>
            $"{signal.Name} states an open axis that only rows of one axis may have",
        _ => null,
    };

    /// <summary>The shape of a row; empty where a row is one value, or of any length.</summary>
    /// <param name="signal">The signal.</param>
    public static long[] RowShape(AsynchronousSignal signal) =>
        signal.Update == AsynchronousUpdate.Replace || HasOpenRows(signal) ? [] : [.. signal.MaxShape.Skip(1).Select(axis => (long)axis!)];
}
