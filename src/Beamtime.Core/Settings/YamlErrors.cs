using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>Why a YAML file was refused before anything was made of it.</summary>
internal static class YamlErrors
{
    public static readonly ErrorCode Missing = new(
        "yaml.file.missing", "The file does not exist.", "Check the path.");

    public static readonly ErrorCode Unreadable = new(
        "yaml.file.unreadable", "The file cannot be read.", "Check that it is a file and its permissions.");

    public static readonly ErrorCode Size = new(
        "yaml.size", "The file is too large or has too many entries.", "Split the file.");

    public static readonly ErrorCode Encoding = new(
        "yaml.encoding", "The file is not valid UTF-8.", "Save the file as UTF-8.");

    public static readonly ErrorCode Syntax = new(
        "yaml.syntax", "The text is not valid YAML.", "Correct the text at the stated line and column.");

    public static readonly ErrorCode Depth = new(
        "yaml.depth", "The text is nested too deeply.", "Nest at most 64 levels.");

    public static readonly ErrorCode DuplicateKey = new(
        "yaml.key.duplicate", "A map has the same key twice.", "Remove one of the two.");

    public static readonly ErrorCode KeyShape = new(
        "yaml.key.shape", "A key of a map is itself a map or a list.", "Use a plain text as the key.");

    public static readonly ErrorCode Alias = new(
        "yaml.alias", "An alias refers to nothing or to what contains it.", "Write the value in place of the alias.");

    public static readonly ErrorCode Documents = new(
        "yaml.documents", "The file holds several documents.", "Keep one document a file.");
}
