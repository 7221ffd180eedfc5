using System.Text;
using MuonSharp.Formats;
using MuonSharp.Formats.Tests;

namespace MuonSharp.Training.Tests.Json;

/// <summary>Damages a JSON text thousands of times: its reader says what is wrong in a clear line, or gives a valid result.</summary>
internal static class ProductMutation
{
    public const int Mutations = 17_000;

    public static void Each(string text, string path, Func<byte[], object> read)
    {
        byte[] whole = Encoding.UTF8.GetBytes(text);
        _ = read(whole);
        int refused = 0;
        for (ulong seed = 0; seed < Mutations; seed++)
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
        Assert.InRange(refused, Mutations / 4, Mutations - 100);
    }
}
