package main

import "context"

func submitChild([]byte) error                  { return nil }
func memoryChild([]byte) error                  { return nil }
func submissions(context.Context, *bench) error { return nil }
func idle(context.Context, *bench) error        { return nil }
func tenants(context.Context, *bench) error     { return nil }
func transfer(context.Context, *bench) error    { return nil }
func index(context.Context, *bench) error       { return nil }
