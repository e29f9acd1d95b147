using System.Text;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Users;

/// <summary>What a password must be: long rather than strange, and not what is guessed first.</summary>
internal static class PasswordRules
{
    /// <summary>Characters that it has at least.</summary>
    public const int Least = 12;

    /// <summary>Characters that it has at most.</summary>
    public const int Most = 256;

    private const int LeastDifferent = 5;

    // What is guessed first of everybody, in the forms that reach the least length.
    private static readonly string[] Guessed =
    [
        "password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "beamtime", "beamline", "synchrotron",
        "administrator", "iloveyou", "changeme", "123456", "abcdef", "abc123",
    ];

    /// <summary>Every reason against a password.</summary>
    /// <param name="password">The password.</param>
    /// <param name="username">Of whom.</param>
    public static IReadOnlyList<Reason> Against(string password, Username username)
    {
        List<Reason> reasons = [];
        var normal = Normal(password);
        if (normal.Length is < Least or > Most)
        {
            Refuse($"it has {normal.Length} characters, {Least} to {Most} are allowed");
        }

        if (normal.Any(char.IsControl))
        {
            Refuse("it has control characters");
        }

        if (normal.Distinct().Count() < LeastDifferent)
        {
            Refuse($"it has fewer than {LeastDifferent} different characters");
        }

        var letters = normal.ToLowerInvariant();
        if (letters.Contains(username.Value, StringComparison.Ordinal))
        {
            Refuse("it contains the user's name");
        }

        // A common word may be a part of a long password, but not most of it.
        if (Guessed.FirstOrDefault(g => letters.Contains(g, StringComparison.Ordinal) && letters.Length < g.Length + 8) is { } word)
        {
            Refuse($"it is little more than '{word}', which is guessed first");
        }

        return reasons;

        void Refuse(string what) => reasons.Add(AccessErrors.PasswordWeak.Because($"the password will not do: {what}"));
    }

    /// <summary>One form for what different keyboards write differently.</summary>
    /// <param name="password">As it was typed.</param>
    public static string Normal(string password)
    {
        try
        {
            return password.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair: no keyboard writes it, and it is compared as it is.
            return password;
        }
    }
}
