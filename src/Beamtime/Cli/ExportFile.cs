using System.Text.Json;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>What an export asks for.</summary>
internal sealed record ExportQuestion(string? Kind, string? Id, string? Who, string? Since, string? After)
{
    /// <summary>The path below <c>/api/v2/</c>.</summary>
    /// <param name="after">The place after which it goes on; null for the beginning.</param>
    public string Path(string? after)
    {
        (string Name, string? Value)[] parameters =
            [("kind", Kind), ("id", Id), ("who", Who), ("since", Since), ("after", after ?? After)];
        return $"ledger/export?{string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"))}";
    }
}

/// <summary>What was written.</summary>
/// <param name="File">The file.</param>
/// <param name="Entries">Entries in it.</param>
/// <param name="Resumed">Those that lay there from an earlier attempt.</param>
/// <param name="Last">The place of the last entry: where a further export begins.</param>
internal sealed record ExportWritten(string File, long Entries, long Resumed, string Last);

/// <summary>
/// Writes an export to a file. It has its name once it is whole; until then its lines lie beside it, and asking the same
/// again goes on after the last whole one.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="question">What is asked for.</param>
internal sealed class ExportFile(string path, ExportQuestion question)
{
    private readonly string _partial = path + ".partial";
    private long _entries;
    private string? _last;

    /// <summary>Writes it.</summary>
    /// <param name="client">The server.</param>
    /// <param name="cancel">Gives up; what came stays.</param>
    /// <exception cref="RefusedException">The file exists, or what lies beside it answers another question.</exception>
    public async Task<ExportWritten> WriteAsync(BeamtimeClient client, CancellationToken cancel)
    {
        if (File.Exists(path))
        {
            throw new RefusedException(CliErrors.FileExists.Because($"{path} exists"));
        }

        await using (var file = new FileStream(_partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            using JsonLines lines = new(file);
            var isNew = await TakeOverAsync(file, lines, cancel);
            var resumed = _entries;
            var isEnded = false;
            using JsonLines received = new(System.IO.Stream.Null);
            await client.ReadLinesAsync(
                HttpMethod.Get,
                question.Path(_last),
                async line =>
                {
                    using var document = JsonDocument.Parse(line);
                    if (document.RootElement.TryGetProperty("end", out var end))
                    {
                        isEnded = received.Matches(end.GetProperty("sha256").GetString());
                        return;
                    }

                    received.Count(line.Span);
                    var isEntry = document.RootElement.TryGetProperty("cursor", out var cursor);
                    if (isEntry || isNew)
                    {
                        await lines.AddAsync(line, cancel);
                    }

                    (_entries, _last) = isEntry ? (_entries + 1, cursor.GetString()) : (_entries, _last);
                },
                cancel);
            if (!isEnded)
            {
                throw new IOException("the export was cut off or damaged on its way; ask the same again and it goes on");
            }

            await lines.EndAsync(_entries, _last ?? question.After ?? LedgerExport.Text(default), cancel);
            file.Flush(flushToDisk: true);
            File.Move(_partial, path);
            return new ExportWritten(path, _entries, resumed, _last ?? "");
        }
    }

    // Keeps the whole lines of an earlier attempt; true when there is none.
    private async Task<bool> TakeOverAsync(FileStream file, JsonLines lines, CancellationToken cancel)
    {
        var kept = 0L;
        await foreach (var line in LineReader.ReadAsync(file, cancel))
        {
            if (line.Span[^1] != (byte)'\n')
            {
                break;
            }

            using var document = JsonDocument.Parse(line);
            if (kept == 0)
            {
                Demand(document.RootElement);
            }
            else if (document.RootElement.TryGetProperty("cursor", out var cursor))
            {
                (_entries, _last) = (_entries + 1, cursor.GetString());
            }
            else
            {
                break;
            }

            lines.Count(line.Span);
            kept += line.Length;
        }

        file.SetLength(kept);
        file.Position = kept;
        return kept == 0;
    }

    private void Demand(JsonElement header)
    {
        var isSame = Text("kind") == question.Kind && Text("id") == question.Id && Text("who") == question.Who
            && (Text("since") is { } since && question.Since is not null
                ? DateTimeOffset.Parse(since, null) == DateTimeOffset.Parse(question.Since, null)
                : Text("since") is null && question.Since is null);
        if (!isSame)
        {
            throw new RefusedException(CliErrors.FileExists.Because(
                $"{_partial} is an unfinished export of another question: remove it, or ask the same"));
        }

        string? Text(string name) => header.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
