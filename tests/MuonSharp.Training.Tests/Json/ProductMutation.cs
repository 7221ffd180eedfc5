using System.Text;
using MuonSharp.Formats;
using MuonSharp.Formats.Tests;

namespace MuonSharp.Training.Tests.Json;

/// <summary>Damages a JSON text thousands of times: its reader says what is wrong in a clear line, or gives a valid result.</summary>
internal static class ProductMutation
{
    /// <summary>How many: some for every run of the tests, many for a run of all of them.</summary>
    public static TheoryData<int> Counts => [new TheoryDataRow<int>(2_000), new TheoryDataRow<int>(17_000) { Explicit = true }];

    public static void Each(int mutations, string text, string path, Func<byte[], object> read)
    {
        byte[] whole = Encoding.UTF8.GetBytes(text);
        _ = read(whole);
        int refused = 0;
        for (ulong seed = 0; seed < (ulong)mutations; seed++)
        {
            byte[] bytes = JsonMutation.Of(whole, new Dice(seed));
            IReadOnlyList<string> problems = [];
            try
            {
                _ = read(bytes);
            }
            catch (InvalidFileException error)
            {
                problems = [error.Message];
            }
            catch (ConfigurationException error)
            {
                problems = error.Problems;
            }
            catch (Exception error)
            {
                Assert.Fail($"{seed}: {error}\n{Encoding.UTF8.GetString(bytes)}");
            }

            refused += problems.Count > 0 ? 1 : 0;
            Assert.All(problems, problem => Assert.True(
                problem.StartsWith('[') && problem.Length < 1100 && !problem.Any(letter => char.IsControl(letter) || letter is '\u202e' or '\u2028'), $"{seed}: {problem}"));
            Assert.All(problems, problem => Assert.True(problem.Contains(path, StringComparison.Ordinal) || !problem.Contains("JSON", StringComparison.Ordinal), $"{seed}: {problem}"));
        }

        // Both must occur, or nothing is being tested.
        Assert.InRange(refused, mutations / 4, mutations - (mutations / 400));
    }
}
