using System.CommandLine;
using Beamtime.Control.Recording.Retrieval;

namespace Beamtime.Cli;

/// <summary>The hidden command of the process that reads files of scans.</summary>
internal static class FileReaderCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command(FileReader.Verb, "Reads points from files of scans: a line of JSON a question.") { Hidden = true };
        return CommandRun.On(command, async (_, cancel) =>
        {
            await FileReader.RunAsync(Console.In, Console.Out, cancel);
            return ExitCode.Done;
        });
    }
}
