using Krewe.Engines.Http;

namespace Krewe.Engines.Continuation;

/// <summary>What a test of an engine's chat template came to.</summary>
/// <param name="Verdict">What it does.</param>
/// <param name="Failure">Where nothing is known: how the engine failed.</param>
public readonly record struct TestedTemplate(TemplateVerdict Verdict, EngineFailure Failure);
