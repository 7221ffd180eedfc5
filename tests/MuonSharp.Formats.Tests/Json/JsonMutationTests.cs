using System.Text;
using System.Text.Json;

namespace MuonSharp.Formats.Tests;

/// <summary>Damaged JSON, by the hundred thousand: each is refused in one line, or can be read to its last value.</summary>
public sealed class JsonMutationTests
{
    private const int Longest = 1100;

    private static readonly JsonOptions s_options = new() { Operation = "fuzz" };
    private static readonly string s_start = "[fuzz] some.json: ";

    public static TheoryData<string> Kinds => [.. JsonSeeds.All.Keys];

    /// <summary>Some of each kind for every run of the tests, many for a run of all of them.</summary>
    public static TheoryData<string, int> KindsAndCounts =>
        [.. JsonSeeds.All.Keys.SelectMany(kind => new[] { new TheoryDataRow<string, int>(kind, 2_000), new TheoryDataRow<string, int>(kind, 17_000) { Explicit = true } })];

    [Theory]
    [MemberData(nameof(KindsAndCounts))]
    public void Every_mutation_is_refused_in_one_line_or_can_be_read_to_its_last_value(string kind, int mutations)
    {
        byte[] text = Encoding.UTF8.GetBytes(JsonSeeds.All[kind]);
        Assert.True(Try(text, "whole"));
        int refused = 0;
        for (ulong seed = 0; seed < (ulong)mutations; seed++) refused += Try(JsonMutation.Of(text, new Dice(seed)), $"{kind} {seed}") ? 0 : 1;

        // Both must occur often, or nothing is being tested.
        Assert.InRange(refused, mutations / 4, mutations - (mutations / 10));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_cut_is_refused_in_one_line(string kind)
    {
        byte[] text = Encoding.UTF8.GetBytes(JsonSeeds.All[kind]);
        for (int length = 0; length < text.Length; length++) Assert.False(Try(text[..length], $"{kind} cut at {length}"));
    }

    private static bool Try(byte[] bytes, string what)
    {
        string message = "";
        try
        {
            Visit(JsonFile.Parse(bytes, "some.json", s_options), what);
            return true;
        }
        catch (InvalidFileException exception)
        {
            message = exception.Message;
        }

        AssertOneLine(message, what);
        return false;
    }

    private static void Visit(JsonEntry entry, string what)
    {
        AssertOneLine(entry.Problem("another thing"), what);
        _ = entry.TryText(out _) | entry.TryWholeNumber(-5, long.MaxValue, out _) | entry.TryUnsigned(ulong.MaxValue, out _) | entry.TryNumber(out _) | entry.TryBoolean(out _);
        _ = entry.ToNode()?.ToJsonString();
        switch (entry.Kind)
        {
            case JsonValueKind.Object:
                foreach (JsonEntry member in entry.Members())
                {
                    Assert.Equal(member.RawText, entry[member.Name].RawText);
                    Visit(member, what);
                }

                Refuses(() => entry["a key that is not there"].Text(), what);
                Refuses(() => entry.RefuseUnknown("no", "such", "keys", "but one").Items(), what);
                break;
            case JsonValueKind.Array:
                foreach (JsonEntry item in entry.Items()) Visit(item, what);
                Refuses(() => entry.Object(), what);
                break;
            default:
                Refuses(() => entry.Choice("words", "that are not there"), what);
                Refuses(() => entry["key"].Text(), what);
                break;
        }
    }

    private static void Refuses(Func<object> read, string what)
    {
        InvalidFileException? thrown = null;
        try
        {
            _ = read();
        }
        catch (InvalidFileException exception)
        {
            thrown = exception;
        }

        Assert.True(thrown is not null, what);
        AssertOneLine(thrown.Message, what);
    }

    private static void AssertOneLine(string message, string what)
    {
        Assert.True(message.StartsWith(s_start, StringComparison.Ordinal), $"{what}: {message}");
        Assert.True(message.Length < Longest && !message.Any(char.IsControl) && !message.Contains('\u202e', StringComparison.Ordinal), $"{what}: {message}");
    }
}
