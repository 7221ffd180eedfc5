using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Formats.Tests;

/// <summary>Damaged tokenizer files: a clear error or a definition that keeps all rules, never another exception.</summary>
public class TokenizerJsonMutationTests
{
    [Fact]
    public void A_damaged_file_is_a_clear_error_or_a_sound_definition() => Damage(from: 0, count: 1_500);

    [Fact(Explicit = true)]
    public void Many_damaged_files_are_clear_errors_or_sound_definitions() => Damage(from: 1_500, count: 100_000);

    [Fact]
    public void A_truncated_file_is_a_clear_error()
    {
        foreach (string family in GoldenTokenizers.Names)
        {
            byte[] whole = Small(family);
            for (int length = 0; length < whole.Length - 1; length += 1 + (whole.Length / 200))
            {
                Assert.Throws<InvalidFileException>(() => TokenizerJson.Parse(whole.AsSpan(0, length), "tokenizer.json"));
            }
        }
    }

    private static void Damage(int from, int count)
    {
        byte[][] seeds = [.. GoldenTokenizers.Names.Select(Small)];
        int sound = 0;
        Stopwatch longest = new();
        for (int seed = from; seed < from + count; seed++)
        {
            byte[] damaged = JsonMutation.Of(seeds[seed % seeds.Length], new Dice((ulong)seed));
            longest.Restart();
            try
            {
                TokenizerDefinition definition = TokenizerJson.Parse(damaged, "tokenizer.json");
                sound++;
                Assert.InRange(definition.Size, 256, 4096);
                Assert.Equal(definition.Vocabulary.Count, definition.Vocabulary.Values.Distinct().Count());
                Assert.All(definition.Merges, merge => Assert.True(definition.Vocabulary.ContainsKey(merge.Result)));
                Assert.All([.. definition.TokensBefore, .. definition.TokensBehind], token => Assert.InRange(token, 0, definition.Size - 1));
            }
            catch (InvalidFileException error)
            {
                Assert.StartsWith("[tokenizer] tokenizer.json: ", error.Message, StringComparison.Ordinal);
                Assert.InRange(error.Message.Length, 30, 1100);
                Assert.DoesNotContain(error.Message, char.IsControl);
            }

            Assert.True(longest.Elapsed < TimeSpan.FromSeconds(20), $"seed {seed} took {longest.Elapsed}");
        }

        Assert.InRange(sound, count / 100, count);
    }

    /// <summary>A golden file with few merges, so that the parts around the model are damaged as often as the lists.</summary>
    private static byte[] Small(string family)
    {
        JsonObject json = GoldenTokenizers.Json(family);
        JsonArray merges = json["model"]!["merges"]!.AsArray();
        while (merges.Count > 40)
        {
            merges.RemoveAt(merges.Count - 1);
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }
}
