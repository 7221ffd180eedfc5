using System.Reflection;
using Xunit.v3;

namespace MuonSharp.Numerics.Tests;

/// <summary>What tests before have left to the collector is freed before each test: native memory that is counted would else become less in the middle of one.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SettledMemoryAttribute : BeforeAfterTestAttribute
{
    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
