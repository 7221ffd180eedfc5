using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace MuonSharp.Training.Tests.Tokenizers.Reference;

/// <summary>Other implementations that node runs: npm's <c>tiktoken</c> and Hugging Face's <c>tokenizers</c>, installed below <c>artifacts/node</c>.</summary>
internal static class NodeReference
{
    private static readonly string s_packages = Path.Combine(Root(), "artifacts", "node", "node_modules");

    /// <summary>The answer to a request; skips the test where node or the package is not there.</summary>
    public static JsonNode Ask(string? package, JsonObject request)
    {
        Assert.SkipUnless(package is null || Directory.Exists(Path.Combine(s_packages, package)), $"npm install --prefix artifacts/node {package} has not been run");
        ProcessStartInfo start = new("node", [Path.Combine(Root(), "tests", "MuonSharp.Training.Tests", "Tokenizers", "Reference", "tokens.cjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["NODE_PATH"] = s_packages;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            process.StandardInput.Write(request.ToJsonString());
            process.StandardInput.Close();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, error.Result);
            return JsonNode.Parse(output.Result[output.Result.IndexOf('[', StringComparison.Ordinal)..])!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no node on this machine");
            throw;
        }
    }

    public static int[][] Tokens(string package, JsonObject request, IEnumerable<string> texts)
    {
        request["texts"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]);
        return [.. Ask(package, request).AsArray().Select(ids => ids!.AsArray().Select(id => (int)id!).ToArray())];
    }

    public static string Root()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "MuonSharp.slnx")))
        {
            root = Path.GetDirectoryName(root)!;
        }

        return root;
    }
}
