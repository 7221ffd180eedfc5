using MuonSharp.Conformance.Kinds;

namespace MuonSharp.Conformance.Cases;

public class GoldenFoldersTests
{
    [Fact]
    public void The_repositorys_own_cases_are_found() =>
        Assert.Contains(Path.Combine("tests", "golden", "traces", "keller-jordan"), GoldenFolders.Cases(null));

    [Fact]
    public void Cases_are_found_at_any_depth_below_every_folder_of_the_variable()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("muonsharp-golden-");
        try
        {
            string shallow = Write(folder, "one", "x");
            string deep = Write(folder, Path.Combine("two", "a", "b", "c"), "x");
            string[] found = [.. GoldenFolders.Cases($"{Path.Combine(folder.FullName, "one")}:{Path.Combine(folder.FullName, "two")}")];
            Assert.Equal(shallow, found[^2]);
            Assert.Equal(deep, found[^1]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_is_a_case_that_fails()
    {
        string folder = Assert.Single(GoldenFolders.Cases("/nowhere/at/all"), found => found.StartsWith('/'));
        Assert.Contains("there is no case.json", Assert.ThrowsAny<Exception>(() => GoldenCase.Open(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_of_an_unknown_kind_fails()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("muonsharp-golden-");
        try
        {
            GoldenCase golden = GoldenCase.Open(Write(folder, "one", "riddle"));
            Assert.Contains("'riddle' came", Assert.ThrowsAny<Exception>(() => CaseKinds.Run(golden)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Write(DirectoryInfo folder, string name, string kind)
    {
        string path = folder.CreateSubdirectory(name).FullName;
        File.WriteAllText(Path.Combine(path, GoldenCase.FileName), "{\"kind\": \"" + kind + "\"}");
        return path;
    }
}
