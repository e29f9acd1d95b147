using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Recording;

/// <summary>The plot that a viewer shows at once: detectors over motors.</summary>
internal static class DefaultPlot
{
    // Viewers draw one axis as a line and two as a scatter; more they refuse.
    private const int MostAxes = 2;

    /// <summary>Writes <c>/entry/data</c>.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="source">What the file is made from.</param>
    /// <param name="frames">The files of frames that there are.</param>
    public static void Write(H5Group entry, RecordingSource source, IReadOnlyList<FrameCount> frames)
    {
        var scan = source.Scan;
        var motors = scan.Motors
            .Select(m => scan.Columns.FirstOrDefault(c => c.Device == m))
            .OfType<DeviceColumns>()
            .Select(c => (c.Device, Signal: c.Signals.FirstOrDefault(s => s.Kind == SignalKind.Hinted && IsPlotted(s))
                ?? c.Signals.FirstOrDefault(IsPlotted)))
            .Where(m => m.Signal is not null)
            .Select(m => (m.Device, Signal: m.Signal!))
            .ToList();
        var detectors = scan.Columns
            .Where(c => !scan.Motors.Contains(c.Device))
            .SelectMany(c => c.Signals.Where(s => s.Kind == SignalKind.Hinted && IsPlotted(s)).Select(s => (c.Device, Signal: s)))
            .ToList();
        var axes = motors.Take(motors.Count > MostAxes ? 1 : MostAxes).ToList();
        var signals = detectors.Count > 0 ? detectors : motors;
        using var data = FinalFile.Group(entry, "data", "NXdata");
        data.Attributes.Write("title", $"{source.Folder.Prefix} {scan.ScanName}");
        if (detectors.Count == 0 && frames.FirstOrDefault(f => f.Frames > 0) is { } camera)
        {
            WriteFrames(data, camera);
            return;
        }

        if (signals.Count == 0)
        {
            return;
        }

        foreach (var (device, signal) in axes.Concat(signals).Distinct())
        {
            data.LinkSoft(NameOf(device, signal), $"{LiveLayout.Devices}/{device}/{signal.Name}/value");
        }

        string[] names = [.. axes.Select(a => NameOf(a.Device, a.Signal))];
        if (names.Length == 0)
        {
            names = ["point"];
            data.LinkSoft("point", LiveLayout.Ids);
        }

        data.Attributes.Write("axes", names);
        foreach (var name in names)
        {
            data.Attributes.Write($"{name}_indices", 0L);
        }

        data.Attributes.Write("signal", NameOf(signals[0].Device, signals[0].Signal));
        if (detectors.Count > 1)
        {
            data.Attributes.Write("auxiliary_signals", [.. detectors.Skip(1).Select(s => NameOf(s.Device, s.Signal))]);
        }
    }

    // Of a scan that has nothing but frames, viewers show those: a stack over the points.
    private static void WriteFrames(H5Group data, FrameCount camera)
    {
        data.LinkSoft(camera.Device, $"{LiveLayout.FileReferences}/{camera.Device}/data");
        data.Attributes.Write("signal", camera.Device);
        data.Attributes.Write("interpretation", "image");
    }

    private static string NameOf(string device, Signal signal) =>
        signal.Name == device || signal.Name.StartsWith($"{device}_", StringComparison.Ordinal)
            ? signal.Name
            : $"{device}_{signal.Name}";

    private static bool IsPlotted(Signal signal) =>
        signal.Type is SignalType.Float or SignalType.Integer && signal.Shape.Count == 0;
}
