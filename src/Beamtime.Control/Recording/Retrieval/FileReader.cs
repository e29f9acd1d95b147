using System.Text.Json;

namespace Beamtime.Control.Recording.Retrieval;

/// <summary>The reader's own process: answers a line a question until there are no more.</summary>
internal static class FileReader
{
    /// <summary>The hidden verb under which the program is one.</summary>
    public const string Verb = "file-reader";

    /// <summary>Answers.</summary>
    /// <param name="questions">A line each.</param>
    /// <param name="answers">A line each.</param>
    /// <param name="cancel">Ends it.</param>
    public static async Task RunAsync(TextReader questions, TextWriter answers, CancellationToken cancel)
    {
        while (await questions.ReadLineAsync(cancel) is { } line)
        {
            var question = JsonSerializer.Deserialize(line, ReaderJson.Default.PointQuestion)!;
            await answers.WriteLineAsync(JsonSerializer.Serialize(Answer(question), ReaderJson.Default.ReaderLine).AsMemory(), cancel);
            await answers.FlushAsync(cancel);
        }
    }

    /// <summary>The answer to a question, from the files.</summary>
    /// <param name="question">The question.</param>
    public static ReaderLine Answer(PointQuestion question)
    {
        var folder = new RecordingFolder(question.Folder, question.Prefix, question.Suffix);
        for (var isAgain = false; ; isAgain = true)
        {
            try
            {
                return PointPages.Read(folder, question.From, question.Limit, question.Longest) is { } page
                    ? new ReaderLine(page)
                    : new ReaderLine(Refused: RecordingErrors.NotRecorded.Because($"{question.Prefix} has no file yet, or none any more."));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Looked at while the live file made way for the final one.
                if (isAgain || !File.Exists(folder.Final))
                {
                    return new ReaderLine(Failed: RecordingErrors.Explain(error, RecordingErrors.LiveUnreadable, question.Prefix));
                }
            }
        }
    }
}
