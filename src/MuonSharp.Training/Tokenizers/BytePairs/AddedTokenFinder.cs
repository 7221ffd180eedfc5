using System.Buffers;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Finds added tokens in a text: the leftmost, and of several at a place the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly SearchValues<string> _contents;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly int[] _lengths;

    public AddedTokenFinder(IReadOnlyList<AddedToken> tokens)
    {
        Dictionary<string, int> ids = tokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _contents = SearchValues.Create([.. ids.Keys], StringComparison.Ordinal);
        _lengths = [.. ids.Keys.Select(content => content.Length).Distinct().OrderDescending()];
        HoldBlanks = tokens.Any(token => token.Content.Any(char.IsWhiteSpace));
    }

    /// <summary>Whether one holds a space or a line end.</summary>
    public bool HoldBlanks { get; }

    /// <summary>Finds the next one.</summary>
    /// <param name="text">Where to look.</param>
    /// <param name="length">Its length.</param>
    /// <param name="token">The token.</param>
    /// <returns>Its place; -1: there is none.</returns>
    public int Find(ReadOnlySpan<char> text, out int length, out int token)
    {
        int place = _lengths.Length == 0 ? -1 : text.IndexOfAny(_contents);
        foreach (int candidate in place < 0 ? [] : _lengths)
        {
            if (place + candidate <= text.Length && _ids.TryGetValue(text.Slice(place, candidate), out token))
            {
                length = candidate;
                return place;
            }
        }

        (length, token) = (0, 0);
        return -1;
    }
}
