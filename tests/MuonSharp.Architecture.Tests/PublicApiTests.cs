using System.Reflection;

namespace MuonSharp.Architecture.Tests;

/// <summary>
/// The public surface of each library is written down in src/[library]/PublicApi.txt, so that a change of it is seen in review.
/// To accept a change: <c>MUONSHARP_WRITE_PUBLIC_API=1 dotnet run --project tests/MuonSharp.Architecture.Tests</c>.
/// </summary>
public class PublicApiTests
{
    private const string Switch = "MUONSHARP_WRITE_PUBLIC_API";

    public static TheoryData<string> Libraries => [.. Repository.PromisedLibraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_surface_is_the_one_written_down(string library)
    {
        string file = Path.Combine(Repository.Root, "src", library, "PublicApi.txt");
        string[] actual = [.. PublicSurface.Of(Assembly.Load(library))];
        if (Environment.GetEnvironmentVariable(Switch) == "1") File.WriteAllText(file, string.Concat(actual.Select(line => line + "\n")));

        string[] expected = File.Exists(file) ? File.ReadAllLines(file) : [];
        string[] difference =
        [
            .. expected.Except(actual, StringComparer.Ordinal).Select(line => "- " + line),
            .. actual.Except(expected, StringComparer.Ordinal).Select(line => "+ " + line),
        ];
        Assert.True(
            difference.Length == 0,
            $"{Repository.Relative(file)} and the library differ. If the change is meant, rewrite the file with{Environment.NewLine}"
            + $"  {Switch}=1 dotnet run --project tests/MuonSharp.Architecture.Tests{Environment.NewLine}"
            + string.Join(Environment.NewLine, difference));
        Assert.Equal(expected.Order(StringComparer.Ordinal), expected);
    }
}
