using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Settings;

/// <summary>What can be wrong with settings, their files and the choice of a site.</summary>
internal static class SettingsErrors
{
    public static readonly ErrorCode UnknownKey = new(
        "settings.key.unknown",
        "A key, section or variable is set that the program does not know.",
        "Correct the name (`beamtime config explain` lists every key) or remove it.");

    public static readonly ErrorCode InvalidValue = new(
        "settings.value.invalid",
        "A value cannot be read as its type or lies outside its range.",
        "Set a value of the stated type and range.");

    public static readonly ErrorCode MissingValue = new(
        "settings.value.missing",
        "A key that must be set is not set.",
        "Set the key in the site's beamtime.yaml, in the environment or with --set.");

    public static readonly ErrorCode AliasConflict = new(
        "settings.alias.conflict",
        "One setting is given by two environment variables with different values.",
        "Unset one of the two variables.");

    public static readonly ErrorCode InvalidOverride = new(
        "settings.override.invalid",
        "An argument of --set is not of the form section.key=value.",
        "Write --set section.key=value.");

    public static readonly ErrorCode SecretOnCommandLine = new(
        "settings.secret.argument",
        "A secret was given on the command line, where every user of the machine can read it.",
        "Put the secret in a file or in the environment.");

    public static readonly ErrorCode UnknownSite = new(
        "site.unknown",
        "No folder of that name with a beamtime.yaml was found.",
        "Name a known site, or give the path of its folder.");
}
