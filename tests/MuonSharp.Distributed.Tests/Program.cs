using MuonSharp.Distributed.Tests.Mpi;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace MuonSharp.Distributed.Tests;

/// <summary>Runs the tests or, where a test has started it under a launcher, is one of the ranks.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments) => arguments switch
    {
        [RankProgram.Option, .. string[] rest] => RankProgram.Run(rest),
        _ when arguments.Any(static argument => argument is "--server" or "--internal-msbuild-node") =>
            await TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => await ConsoleRunner.Run(arguments),
    };
}
