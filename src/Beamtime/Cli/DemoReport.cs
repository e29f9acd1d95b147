using System.Globalization;

namespace Beamtime.Cli;

/// <summary>Prints the demo's steps, each with its time.</summary>
/// <param name="run">The command's run.</param>
/// <param name="time">The clock.</param>
internal sealed class DemoReport(CommandRun run, TimeProvider time)
{
    private const int BarWidth = 30;
    private readonly List<string> _details = [];

    /// <summary>Does a step and prints what it gave and how long it took.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="name">What is done, a few words.</param>
    /// <param name="step">Does it; the result and a line about it.</param>
    public async Task<T> StepAsync<T>(string name, Func<Task<(T Result, string About)>> step)
    {
        var began = time.GetTimestamp();
        var (result, about) = await step();
        var seconds = time.GetElapsedTime(began).TotalSeconds;
        Clear();
        if (run.IsJson)
        {
            CommandRun.PrintJson(new { step = name, seconds, about, details = _details });
        }
        else
        {
            run.Say(string.Create(CultureInfo.InvariantCulture, $"{seconds,7:0.00} s  {name,-18} {about}"));
            _details.ForEach(detail => run.Say($"{"",-30}{detail}"));
        }

        _details.Clear();
        return result;
    }

    /// <summary>Shows on a terminal how far the step under way is.</summary>
    /// <param name="name">What is done.</param>
    /// <param name="done">How much is done.</param>
    /// <param name="of">How much there is; 0 when unknown.</param>
    public void Progress(string name, long done, long of)
    {
        if (run.IsTerminal && of > 0)
        {
            var filled = (int)Math.Clamp(done * BarWidth / of, 0, BarWidth);
            Clear();
            Console.Write($"           {name,-18} {new string('━', filled)}{new string('╌', BarWidth - filled)} {done} of {of}");
        }
    }

    /// <summary>A line to be printed below the step under way.</summary>
    /// <param name="line">The line.</param>
    public void Detail(string line) => _details.Add(line);

    private void Clear()
    {
        if (run.IsTerminal)
        {
            Console.Write("\r\u001b[K");
        }
    }
}
