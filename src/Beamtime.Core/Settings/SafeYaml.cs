using System.Text;
using Beamtime.Sdk.Errors;
using YamlDotNet.Core;

namespace Beamtime.Core.Settings;

/// <summary>
/// Reads one YAML document into a tree of <see cref="YamlNode"/>. The parser's events are bounded before anything
/// walks the tree by recursion: twenty thousand brackets would otherwise overflow the stack and end the process.
/// </summary>
internal static class SafeYaml
{
    /// <summary>Deepest nesting accepted, aliases followed.</summary>
    public const int MaximumDepth = 64;

    /// <summary>Most events and, aliases followed, most nodes accepted.</summary>
    public const int MaximumEvents = 1_000_000;

    /// <summary>Largest file accepted.</summary>
    public const int MaximumBytes = 16 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path; stands in every message and mark as it is given.</param>
    /// <returns>The document's root; an empty file gives a null scalar.</returns>
    /// <exception cref="RefusedException"><c>yaml.…</c>, with file, line and column.</exception>
    public static YamlNode Read(string path)
    {
        byte[] bytes;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (file.CanSeek && file.Length > MaximumBytes)
            {
                throw Refusal(YamlErrors.Size, new YamlMark(path), $"has {file.Length} bytes, more than {MaximumBytes}");
            }

            // A pipe or a growing file has no length to trust: one byte more than the bound tells.
            using MemoryStream content = new();
            byte[] buffer = new byte[65536];
            for (int read; (read = file.Read(buffer)) > 0 && content.Length <= MaximumBytes;)
            {
                content.Write(buffer, 0, read);
            }

            bytes = content.ToArray();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refusal(YamlErrors.Missing, new YamlMark(path), "does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(YamlErrors.Unreadable, new YamlMark(path), $"cannot be read: {e.Message}");
        }

        return Parse(bytes, path);
    }

    /// <summary>Reads a document from its bytes.</summary>
    /// <param name="bytes">The text in UTF-8, with or without a byte order mark.</param>
    /// <param name="source">What to call it in messages and marks.</param>
    public static YamlNode Parse(ReadOnlySpan<byte> bytes, string source)
    {
        if (bytes.Length > MaximumBytes)
        {
            throw Refusal(YamlErrors.Size, new YamlMark(source), $"has more than {MaximumBytes} bytes");
        }

        try
        {
            return Build(StrictUtf8.GetString(bytes.StartsWith("\uFEFF"u8) ? bytes[3..] : bytes), source);
        }
        catch (DecoderFallbackException)
        {
            throw Refusal(YamlErrors.Encoding, BrokenByte(bytes, source), "is not UTF-8 here");
        }
    }

    /// <summary>Reads a document from its text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What to call it in messages and marks.</param>
    public static YamlNode Parse(string text, string source) =>
        StrictUtf8.GetByteCount(text) > MaximumBytes
            ? throw Refusal(YamlErrors.Size, new YamlMark(source), $"has more than {MaximumBytes} bytes")
            : Build(text, source);

    private static YamlNode Build(string text, string source)
    {
        YamlTreeBuilder builder = new(source);
        Parser parser = new(new StringReader(text));
        while (Advance(parser, source))
        {
            builder.Take(parser.Current!);
        }

        return builder.Root ?? new YamlScalar("", isPlain: true, new YamlMark(source, 1, 1));
    }

    private static bool Advance(Parser parser, string source)
    {
        Mark last = parser.Current?.End ?? Mark.Empty;
        try
        {
            return parser.MoveNext();
        }
        catch (YamlException e)
        {
            throw Refusal(YamlErrors.Syntax, YamlTreeBuilder.MarkOf(source, e.End), e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // On some broken texts ("a: [1, 2" and a key in the next line) the scanner fails so instead of saying where.
            throw Refusal(YamlErrors.Syntax, YamlTreeBuilder.MarkOf(source, last), "what follows is not valid YAML");
        }
    }

    private static YamlMark BrokenByte(ReadOnlySpan<byte> bytes, string source)
    {
        int line = 1;
        int column = 1;
        while (!bytes.IsEmpty && Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
            bytes = bytes[length..];
        }

        return new YamlMark(source, line, column);
    }

    internal static RefusedException Refusal(ErrorCode code, YamlMark mark, string what) =>
        new(code.Because($"{mark}: {what}"));
}
