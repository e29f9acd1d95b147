using System.Globalization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Control.Scripts;

/// <summary>
/// A script of lines such as people type: scans, moves, settings, pauses and words for the log, one after the other. Every
/// line is read before the first is carried out.
/// </summary>
internal sealed class CommandScript(IReadOnlyList<CommandScript.Line> lines) : ServerScript
{
    private const int MostLines = 1000;

    /// <summary>Name, text and parameters.</summary>
    public static readonly ScriptDeclaration Declaration = new()
    {
        Name = "commands",
        Description = "Carries out lines such as: scan line samx 0 1 --steps 5; mv samx 3; set samx.velocity 2; wait 10 s; log a text.",
        Parameters =
        [
            new()
            {
                Name = "text", Type = ParameterType.Text, Description = "The lines, parted by line ends or semicolons.",
                Example = "mv samx 3; scan line samx 0 1 --steps 5",
            },
        ],
        Create = arguments => new CommandScript(Read(arguments.Text("text"))),
    };

    /// <inheritdoc/>
    public override async Task<string> RunAsync(ScriptContext script, CancellationToken cancel)
    {
        List<int> scans = [];
        foreach (var line in lines)
        {
            await script.LogAsync(line.Text, cancel);
            switch (line.Words)
            {
                case ["scan", var name, .. var rest]:
                    var (args, parameters) = Arguments(rest);
                    scans.Add((await script.ScanAsync(name, args, parameters, cancel)).Number);
                    break;
                case ["mv" or "umv", .. var targets]:
                    await script.MoveAsync(Targets(targets)!, cancel);
                    break;
                case ["set", var device, .. var value]:
                    await script.SetAsync(device, ValueOf(string.Join(' ', value)), cancel);
                    break;
                case ["wait", .. var pause]:
                    await script.SleepAsync(Pause(pause)!.Value, cancel);
                    break;
            }
        }

        return scans.Count == 0 ? "" : $"scans {string.Join(", ", scans.Select(s => $"S{s:D5}"))}";
    }

    /// <summary>Reads lines.</summary>
    /// <param name="text">The lines.</param>
    /// <exception cref="RefusedException">Every line that cannot be read.</exception>
    internal static IReadOnlyList<Line> Read(string text)
    {
        Line[] lines =
        [
            .. text.Split(['\n', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(l => !l.StartsWith('#'))
                .Select(l => new Line(l, l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))),
        ];
        Reason[] reasons =
        [
            .. lines.Index().Where(l => MistakeIn(l.Item.Words) is not null)
                .Select(l => ScriptErrors.CommandInvalid.Because($"Line {l.Index + 1}, '{l.Item.Text}': {MistakeIn(l.Item.Words)}.")),
            .. lines.Length is 0 or > MostLines
                ? [ScriptErrors.CommandInvalid.Because($"The script has {lines.Length} lines; it may have 1 to {MostLines}.")]
                : Array.Empty<Reason>(),
        ];
        return reasons.Length > 0 ? throw new RefusedException(reasons) : lines;
    }

    private static string? MistakeIn(string[] words) => words switch
    {
        ["scan", _, ..] => null,
        ["scan"] => "it names no scan",
        ["mv" or "umv", .. var targets] => Targets(targets) is null ? "devices and numbers are given by turns" : null,
        ["set", _, _, ..] => null,
        ["set", ..] => "a device and a value are given",
        ["wait", .. var pause] => Pause(pause) is null ? "a time and its unit are given: 10 s, 5 min, 1 h" : null,
        ["log", ..] => null,
        [var word, ..] => $"'{word}' is none of scan, mv, set, wait and log",
        _ => "it is empty",
    };

    private static Dictionary<string, double>? Targets(string[] words)
    {
        Dictionary<string, double> targets = new(StringComparer.Ordinal);
        foreach (var pair in words.Chunk(2))
        {
            if (pair.Length < 2 || !double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var target)
                || !double.IsFinite(target) || !targets.TryAdd(pair[0], target))
            {
                return null;
            }
        }

        return targets.Count == 0 ? null : targets;
    }

    private static TimeSpan? Pause(string[] words) =>
        words is [var number, var unit] && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var length)
        && length is >= 0 and <= 1_000_000
            ? unit switch
            {
                "s" => TimeSpan.FromSeconds(length),
                "min" => TimeSpan.FromMinutes(length),
                "h" => TimeSpan.FromHours(length),
                _ => null,
            }
            : null;

    private static (List<string> Args, Dictionary<string, string> Parameters) Arguments(string[] words)
    {
        List<string> args = [];
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        for (var i = 0; i < words.Length; i++)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal))
            {
                args.Add(words[i]);
                continue;
            }

            var (key, value) = words[i][2..].Split('=', 2) is [var k, var v] ? (k, v) : (words[i][2..], (string?)null);
            if (value is null && i + 1 < words.Length && !words[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = words[++i];
            }

            parameters[key.Replace('-', '_')] = value ?? "true";
        }

        return (args, parameters);
    }

    private static Value ValueOf(string text) => text switch
    {
        "true" => Value.Of(true),
        "false" => Value.Of(false),
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Value.Of(number) : Value.Of(text),
    };

    /// <summary>A line as it was written, and its words.</summary>
    /// <param name="Text">The line.</param>
    /// <param name="Words">Its words, at least one.</param>
    internal sealed record Line(string Text, string[] Words);
}
