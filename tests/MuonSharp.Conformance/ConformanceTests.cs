using MuonSharp.Conformance.Cases;
using MuonSharp.Conformance.Kinds;

namespace MuonSharp.Conformance;

/// <summary>Every golden case is a test: the results of reference programs, kept within each case's tolerance.</summary>
public class ConformanceTests
{
    public static TheoryData<string> Cases => [.. GoldenFolders.Cases()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_case_is_kept(string folder) => CaseKinds.Run(GoldenCase.Open(folder));
}
