using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Beamtime.Core.Telemetry;

/// <summary>What this process uses of the machine, asked of the kernel and the runtime when a page is wanted.</summary>
internal static class ProcessMetrics
{
    private static readonly AreaMeter Meter = new("Process");

    /// <summary>Processor time.</summary>
    public static readonly ObservableCounter<double> Cpu = Meter.AskedCounter(
        "cpu", "s", "Processor time used, by mode.", CpuTimes, "mode");

    /// <summary>Memory.</summary>
    public static readonly ObservableGauge<double> Memory = Meter.Asked(
        "memory", "By", "Memory of the process: resident, proportional (shared pages divided among those who share) and swapped.", Memories, "kind");

    /// <summary>Managed heap.</summary>
    public static readonly ObservableGauge<double> Heap = Meter.Asked(
        "heap", "By", "Managed heap in use after the last collection.", () => [new(GC.GetGCMemoryInfo().HeapSizeBytes)]);

    /// <summary>Allocations.</summary>
    public static readonly ObservableCounter<double> Allocated = Meter.AskedCounter(
        "allocated", "By", "Managed memory allocated.", () => [new(GC.GetTotalAllocatedBytes())]);

    /// <summary>Collections.</summary>
    public static readonly ObservableCounter<double> Collections = Meter.AskedCounter(
        "collections", "{collection}", "Garbage collections by generation, each counting those above it.", CountCollections, "generation");

    /// <summary>Pauses.</summary>
    public static readonly ObservableCounter<double> Paused = Meter.AskedCounter(
        "paused", "s", "Time for which garbage collection held all threads.", () => [new(GC.GetTotalPauseDuration().TotalSeconds)]);

    /// <summary>Threads.</summary>
    public static readonly ObservableGauge<double> Threads = Meter.Asked(
        "threads", "{thread}", "Threads: all of the process and those of the pool.", CountThreads, "kind");

    /// <summary>Work that waits for a thread of the pool.</summary>
    public static readonly ObservableGauge<double> Waiting = Meter.Asked(
        "pool.waiting", "{item}", "Work items that wait for a thread of the pool.", () => [new(ThreadPool.PendingWorkItemCount)]);

    /// <summary>Contention.</summary>
    public static readonly ObservableCounter<double> Contentions = Meter.AskedCounter(
        "lock.contentions", "{contention}", "Times a thread had to wait for a lock.", () => [new(Monitor.LockContentionCount)]);

    /// <summary>Open descriptors.</summary>
    public static readonly ObservableGauge<double> Descriptors = Meter.Asked(
        "open.descriptors", "{descriptor}", "Open file descriptors.", () => [new(CountEntries("/proc/self/fd"))]);

    /// <summary>Descriptors that may be open.</summary>
    public static readonly ObservableGauge<double> DescriptorLimit = Meter.Asked(
        "descriptor.limit", "{descriptor}", "File descriptors that may be open.", ReadDescriptorLimit);

    /// <summary>When it began.</summary>
    public static readonly ObservableGauge<double> Started = Meter.Asked(
        "start.time", "s", "When the process began, as seconds since 1970.", AskStart);

    private static Measurement<double>[] CpuTimes()
    {
        var usage = Environment.CpuUsage;
        return
        [
            new(usage.UserTime.TotalSeconds, new KeyValuePair<string, object?>("mode", "user")),
            new(usage.PrivilegedTime.TotalSeconds, new KeyValuePair<string, object?>("mode", "system")),
        ];
    }

    private static List<Measurement<double>> Memories()
    {
        List<Measurement<double>> found =
            [new(Environment.WorkingSet, new KeyValuePair<string, object?>("kind", "resident"))];
        foreach (var line in ReadLines("/proc/self/smaps_rollup"))
        {
            var kind = line switch
            {
                ['P', 's', 's', ':', ..] => "proportional",
                ['S', 'w', 'a', 'p', ':', ..] => "swapped",
                _ => null,
            };
            if (kind is not null && NumberIn(line) is { } kilobytes)
            {
                found.Add(new(kilobytes * 1024, new KeyValuePair<string, object?>("kind", kind)));
            }
        }

        return found;
    }

    private static Measurement<double>[] CountCollections() =>
    [
        .. Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => new Measurement<double>(
            GC.CollectionCount(g), new KeyValuePair<string, object?>("generation", g.ToString(CultureInfo.InvariantCulture)))),
    ];

    private static Measurement<double>[] CountThreads() =>
    [
        new(CountEntries("/proc/self/task"), new KeyValuePair<string, object?>("kind", "all")),
        new(ThreadPool.ThreadCount, new KeyValuePair<string, object?>("kind", "pool")),
    ];

    private static Measurement<double>[] ReadDescriptorLimit() =>
        ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal)) is { } line
        && NumberIn(line) is { } limit
            ? [new(limit)]
            : [];

    private static Measurement<double>[] AskStart()
    {
        using var self = Process.GetCurrentProcess();
        return [new((self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds)];
    }

    private static int CountEntries(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).Count();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static double? NumberIn(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => double.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : (double?)null)
            .FirstOrDefault(n => n is not null);
}
