namespace MuonSharp.Formats.Tests.Errors;

/// <summary>What a path is, when it is not what was needed.</summary>
public sealed class PathProblemTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("muonsharp-path-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_that_may_not_be_read_says_so_and_not_that_a_file_is_needed()
    {
        Assert.Equal(
            $"[checkpoint] {_folder}: the folder may not be read; access is denied",
            InvalidFileException.UnreadableFolder("checkpoint", _folder, new UnauthorizedAccessException()).Message);
        Assert.Equal("a file is needed; this is a directory", PathProblem.OfFile(_folder, new UnauthorizedAccessException()));
    }

    [Fact]
    public void A_file_in_the_place_of_a_folder_and_no_folder_at_all_are_told_apart()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal("a folder is needed; this is a file", PathProblem.OfFolder(file, new IOException("Not a directory")));
        Assert.Equal("a folder is needed; this is a file", PathProblem.OfNoFolder(file));
        Assert.Equal("there is no such folder", PathProblem.OfNoFolder(file + "2"));
        Assert.Equal("the folder may not be read; access is denied", PathProblem.OfFolder(file + "2", new UnauthorizedAccessException()));
        Assert.Null(PathProblem.OfNoFolder(_folder));
        Assert.Equal("the file cannot be read; access is denied", PathProblem.OfFile(file, new UnauthorizedAccessException()));
    }

    [Fact]
    public void A_dangling_link_says_where_it_points()
    {
        string link = Path.Combine(_folder, "link");
        _ = File.CreateSymbolicLink(link, "no\u001bwhere");
        const string Problem = @"this is a symbolic link to 'no\u001bwhere', which does not exist";
        Assert.Equal(Problem, PathProblem.OfNoFolder(link));
        Assert.Equal(Problem, PathProblem.OfNoFolder(link + "/"));
        Assert.Equal(Problem, PathProblem.OfFolder(link, new IOException("File exists")));
        Assert.Equal(Problem, PathProblem.OfFile(link, new FileNotFoundException()));
    }

    [Fact]
    public void A_link_to_a_folder_is_a_folder()
    {
        string link = Path.Combine(_folder, "link");
        _ = Directory.CreateSymbolicLink(link, _folder);
        Assert.Null(PathProblem.OfNoFolder(link));
    }
}
