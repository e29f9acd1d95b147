using System.Text.RegularExpressions;

namespace Beamtime.Core.Access.Users;

/// <summary>
/// The name by which a user signs in: lower case ASCII letters, digits and <c>. _ - @</c>, 2 to 64 of them. No letter of
/// another script can pose as one of another name.
/// </summary>
internal readonly partial record struct Username
{
    private Username(string value) => Value = value;

    /// <summary>The name.</summary>
    public string Value { get; }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._@-]{0,62}[a-z0-9]\z")]
    private static partial Regex Form { get; }

    /// <summary>The name that a text is, or null.</summary>
    /// <param name="text">As it was typed; ASCII capitals count as small letters.</param>
    public static Username? Find(string text)
    {
        var lower = string.Create(text.Length, text, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
            {
                target[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
            }
        });
        return Form.IsMatch(lower) ? new Username(lower) : null;
    }

    public override string ToString() => Value;
}
