using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Beamtime.Core.Access.SignIns;

/// <summary>A key as a program sends it: <c>bt_</c>, a public id, and a secret of 256 random bits, of which a hash is kept.</summary>
/// <param name="Id">The public id.</param>
/// <param name="Hash">Hash of the whole.</param>
internal sealed partial record ApiKeyText(string Id, byte[] Hash)
{
    /// <summary>What a key begins with.</summary>
    public const string Prefix = "bt_";

    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789";
    private const int IdLength = 10;

    [GeneratedRegex(@"^bt_([a-z0-9]{10})_[A-Za-z0-9_-]{43}\z")]
    private static partial Regex Form { get; }

    /// <summary>A new key and what is kept of it.</summary>
    public static (string Text, ApiKeyText Kept) New()
    {
        var id = RandomNumberGenerator.GetString(Letters, IdLength);
        var text = RandomText.New($"{Prefix}{id}_");
        return (text, new ApiKeyText(id, RandomText.HashOf(text)));
    }

    /// <summary>What a text is as a key, or null.</summary>
    /// <param name="text">The text.</param>
    public static ApiKeyText? Find(string text) =>
        Form.Match(text) is { Success: true } match ? new ApiKeyText(match.Groups[1].Value, RandomText.HashOf(text)) : null;
}
